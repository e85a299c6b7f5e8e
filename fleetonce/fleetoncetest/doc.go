// Package fleetoncetest is the conformance suite of stores of package fleetonce. An author of a
// store runs it in a test:
//
//	func TestConformance(t *testing.T) {
//		fleetoncetest.Run(t, func(t *testing.T) (a, b fleetonce.Store) {
//			name := unique()
//			return New(client(t), name), New(client(t), name)
//		})
//	}
//
// # Concurrency
//
// Its cases run one after the other. A case calls the stores concurrently.
//
// # Limits
//
// A store whose swap is atomic only most of the time may pass. The suite does not create records
// concurrently, because a store need not be safe from that.
package fleetoncetest
