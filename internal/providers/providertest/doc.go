// Package providertest holds every provider to the same promises. A provider's test names its fixtures and how it signs;
// Run does the rest, and Fuzz looks for what breaks it:
//
//	var update = flag.Bool("update", false, "write the golden files anew")
//
//	func suite() providertest.Suite {
//		return providertest.Suite{
//			Provider:   acme.New(),
//			Sign:       func(d *providers.Delivery, secret string, at time.Time) { ... },
//			Tolerance:  5 * time.Minute,
//			Deliveries: []providertest.Delivery{{Name: "call.ended.json"}},
//			Unknown:    providertest.Delivery{Name: "unknown", Body: `{"event":"dance.started"}`},
//			Update:     *update,
//		}
//	}
//
//	func TestConformance(t *testing.T) { providertest.Run(t, suite()) }
//	func FuzzDelivery(f *testing.F)    { providertest.Fuzz(f, suite()) }
//
// Fixtures lie in testdata as the provider sent them, byte for byte; testdata/vectors.json (optional) holds requests that
// were signed elsewhere; testdata/golden holds the events that come of each delivery, written by `go test -update` and
// read by people before they are committed.
//
// The package is for tests alone.
package providertest
