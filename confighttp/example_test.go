package confighttp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/confighttp"
	"github.com/nacre-go/nacre/providers/memory"
)

// authorize accepts whom the proxy in front of the service has authenticated, if they are on call.
func authorize(r *http.Request) (who string, err error) {
	who = r.Header.Get("X-Authenticated-User")
	if who != "ann" {
		return "", errors.New("not on call")
	}
	return who, nil
}

// An operator pins the version that is live, so that changes wait.
func ExampleAdmin() {
	type Config struct {
		Pool int `config:"pool"`
	}
	cfg, err := nacre.OpenWith[Config](context.Background(), nacre.Options{Logger: slog.New(slog.DiscardHandler)}, memory.New("orders.yaml", []byte("pool: 10")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cfg.Close()
	mux := http.NewServeMux()
	mux.Handle("/admin/config/", confighttp.Admin(cfg, authorize))
	server := httptest.NewServer(mux)
	defer server.Close()

	for _, user := range []string{"mallory", "ann"} {
		body := `{"version": 1, "seen": 1, "why": "sale until Monday"}`
		r, err := http.NewRequest(http.MethodPost, server.URL+"/admin/config/pin", strings.NewReader(body))
		if err != nil {
			fmt.Println(err)
			return
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Authenticated-User", user)
		answer, err := server.Client().Do(r)
		if err != nil {
			fmt.Println(err)
			return
		}
		text, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		fmt.Printf("%s: %s\n%s", user, answer.Status, text)
	}
	history := cfg.History()
	last := history[len(history)-1]
	fmt.Printf("%s by %s\n", last.Kind, last.By)
	// Output:
	// mallory: 403 Forbidden
	// {
	//   "error": "not authorized"
	// }
	// ann: 200 OK
	// {
	//   "action": "pin",
	//   "who": "ann",
	//   "version": 1,
	//   "pinned": true
	// }
	// pinned by ann: sale until Monday
}
