package plain_test

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/internal/providers"
	"milemarker/internal/providers/plain"
	"milemarker/internal/providers/providertest"
)

// The examples in the documentation do what they say.
func TestExamples(t *testing.T) {
	const folder = "../../../docs/examples/mappings/"
	for name, want := range map[string][]string{
		"proposify": {`proposal.accepted 84021 {"amount":"5400","currency":"USD","note":"Growth plan","person":{"email":"avery.quinn@example.com","name":"Avery Quinn"},"proposal":"proposify:84021"}`},
		"qwilr": {
			`proposal.accepted pg_1 {"note":"Growth plan","person":{"email":"avery.quinn@example.com","name":"Avery Quinn"},"proposal":"qwilr:pg_1"}`,
			`signup.completed pg_1 {"amount":"5400","currency":"USD","person":{"email":"avery.quinn@example.com"},"role":"customer","signup":"qwilr:pg_1"}`,
		},
	} {
		document, err := os.ReadFile(folder + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		sample, err := os.ReadFile(folder + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		out, err := plain.New().Translate(providers.Input{
			Delivery: providers.Delivery{Method: "POST", Body: sample, Received: providertest.Now()}, Zone: time.UTC,
			Settings: map[string]string{"mapping": string(document)},
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, e := range out.Events {
			got = append(got, e.Draft.Type+" "+e.Key+" "+string(e.Draft.Data))
			if e.Draft.Time.IsZero() || len(e.Reps) != 1 {
				t.Errorf("%s: %+v", name, e)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
