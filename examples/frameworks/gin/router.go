package main

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/confighttp"
)

// router is the service. It follows changes of the log level and of the limit, and reads all else
// from the version of the request.
func router(cfg *nacre.Config[Config], level *slog.LevelVar) (http.Handler, error) {
	_, err := nacre.Subscribe(cfg, func(c *Config) slog.Level { return c.LogLevel },
		func(_ context.Context, ch nacre.Change[slog.Level]) error {
			level.Set(ch.New)
			return nil
		}, nacre.InitialCall())
	if err != nil {
		return nil, err
	}

	limit := cfg.Get().Limit
	limiter := rate.NewLimiter(rate.Limit(limit.PerSecond), limit.Burst) // full at the start
	_, err = nacre.Subscribe(cfg, func(c *Config) Limit { return c.Limit },
		func(_ context.Context, ch nacre.Change[Limit]) error {
			limiter.SetLimit(rate.Limit(ch.New.PerSecond))
			limiter.SetBurst(ch.New.Burst)
			return nil
		}, nacre.InitialCall())
	if err != nil {
		return nil, err
	}

	r := gin.New()
	r.Use(gin.Recovery())
	r.GET("/readyz", gin.WrapH(confighttp.Ready(cfg)))
	r.GET("/livez", gin.WrapH(confighttp.Live()))
	r.GET("/debug/config", gin.WrapH(confighttp.Page(cfg)))

	orders := r.Group("/orders", limited(limiter), oneVersion(cfg))
	orders.GET("/:id", func(c *gin.Context) {
		now := cfg.FromContext(c.Request.Context())
		c.JSON(http.StatusOK, gin.H{"id": c.Param("id"), "currency": now.Currency})
	})
	return r, nil
}

// oneVersion gives each request the version that is live when it arrives. Everything that the
// request calls sees this version, even if another one becomes live meanwhile.
func oneVersion(cfg *nacre.Config[Config]) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Request = c.Request.WithContext(cfg.NewContext(c.Request.Context()))
		c.Next()
	}
}

func limited(limiter *rate.Limiter) gin.HandlerFunc {
	return func(c *gin.Context) {
		if !limiter.Allow() {
			c.AbortWithStatusJSON(http.StatusTooManyRequests, gin.H{"error": "too many requests"})
		}
	}
}
