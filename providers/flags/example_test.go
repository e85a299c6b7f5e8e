package flags_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/flags"
	"github.com/nacre-go/nacre/providers/memory"
)

func ExampleNew() {
	type Config struct {
		Server struct {
			Addr    string        `config:"addr" default:":8080" doc:"address to listen on"`
			Timeout time.Duration `config:"timeout" default:"3s" doc:"time limit of a request"`
		} `config:"server"`
		Debug bool `config:"debug" doc:"log more"`
	}

	set := flag.NewFlagSet("orders", flag.ContinueOnError) // in a service: flag.CommandLine
	layer := flags.New[Config](set)
	if err := set.Parse([]string{"-server.timeout", "5s", "-debug"}); err != nil { // in a service: flag.Parse()
		return
	}

	file := memory.New("config.yaml", []byte("server: {addr: ':9090', timeout: 1s}"))
	cfg, err := nacre.Open[Config](context.Background(), file, layer)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cfg.Close()
	c := cfg.Get()
	fmt.Println(c.Server.Addr, c.Server.Timeout, c.Debug)

	set.SetOutput(os.Stdout)
	set.PrintDefaults()
	// Output:
	// :9090 5s true
	//   -debug
	//     	log more
	//   -server.addr string
	//     	address to listen on (string) (default :8080)
	//   -server.timeout duration
	//     	time limit of a request (duration) (default 3s)
}

func ExampleFlag() {
	type Config struct {
		Server struct {
			Port int `config:"port"`
		} `config:"server"`
	}
	set := flag.NewFlagSet("orders", flag.ContinueOnError)
	layer := flags.New[Config](set, flags.Flag("p", "server.port"))
	if err := set.Parse([]string{"-p", "http"}); err != nil {
		return
	}
	_, err := nacre.Open[Config](context.Background(), layer)
	fmt.Println(err) // the flag and the key, and not the text
	// Output: --p (flags) server.port: must be a whole number
}
