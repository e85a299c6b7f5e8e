package main

import (
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/nacre-go/nacre/observe"
)

// followReadiness returns an observer that keeps the standard health service in step with the
// readiness of the config. The config is ready from Open on, and as long as it is open, unless
// Options.NotReadyWhenStale is set.
func followReadiness(status *health.Server) observe.Observer {
	return func(e observe.Event) {
		if e.Kind != observe.ReadinessChanged {
			return
		}
		if len(e.Reasons) > 0 {
			status.SetServingStatus("", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
			return
		}
		status.SetServingStatus("", grpc_health_v1.HealthCheckResponse_SERVING)
	}
}
