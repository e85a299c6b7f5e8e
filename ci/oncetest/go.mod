module github.com/nacre-go/nacre/ci/oncetest

go 1.26.0

require (
	github.com/anishathalye/porcupine v1.3.1
	github.com/nacre-go/nacre v0.0.0
)

replace github.com/nacre-go/nacre => ../..
