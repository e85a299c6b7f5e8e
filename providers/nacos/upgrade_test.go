package nacos_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/providers/nacos"
)

// After status 101 a connection is no longer net/http's, and no context ends a read of it.
func TestAnAnswerThatSwitchesProtocolsHoldsNothingUp(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
		<-over
	}))
	t.Cleanup(web.Close)
	t.Cleanup(func() { close(over) })
	at := strings.TrimPrefix(web.URL, "http://")
	t.Run("login", func(t *testing.T) {
		log := newEvents()
		newClient(t, nacos.Config{Servers: []string{at + "?grpc=1"}, Username: "u", Password: nacos.NewPassword("p")}, log.hook())
		if e := log.wait(t, nacos.EventLoginFailed, 2); !errors.Is(e.Err, nacos.NotNacos) {
			t.Errorf("a login that is answered with status 101 is told as %v", e.Err)
		}
	})
	t.Run("address server", func(t *testing.T) {
		log := newEvents()
		newClient(t, nacos.Config{Endpoint: at}, log.hook())
		if e := log.wait(t, nacos.EventAddressServerFailed, 1); !errors.Is(e.Err, nacos.NoServers) {
			t.Errorf("a list that is answered with status 101 is told as %v", e.Err)
		}
	})
}
