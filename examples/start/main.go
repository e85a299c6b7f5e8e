package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/confighttp"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/providers/file"
)

// Config is the configuration of the service.
type Config struct {
	Addr     string `config:"addr" default:"127.0.0.1:8080" live:"false"`
	Greeting string `config:"greeting" default:"Hello"`
	Repeat   int    `config:"repeat" default:"1" validate:"gte=1,lte=10"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	cfg, err := nacre.Open[Config](ctx, file.New("config.yaml"), env.New("HELLO"))
	if err != nil {
		log.Fatal(err)
	}
	defer cfg.Close()

	mux := http.NewServeMux()
	mux.HandleFunc("GET /hello/{name}", func(w http.ResponseWriter, r *http.Request) {
		c := cfg.Get() // one version for the whole request
		for range c.Repeat {
			fmt.Fprintf(w, "%s, %s!\n", c.Greeting, r.PathValue("name"))
		}
	})
	mux.Handle("/readyz", confighttp.Ready(cfg))
	mux.Handle("/debug/config", confighttp.Page(cfg))

	server := &http.Server{Addr: cfg.Get().Addr, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	log.Print("listening on ", server.Addr)
	if err := server.ListenAndServe(); ctx.Err() == nil {
		log.Fatal(err)
	}
}
