package pandadoc_test

import (
	"flag"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/pandadoc"
	"milemarker/internal/providers/providertest"
	"milemarker/internal/providers/signature"
)

var update = flag.Bool("update", false, "write the golden files anew")

func suite() providertest.Suite {
	scheme := signature.HMAC{Encoding: signature.Hex}
	const sent, viewed, completed = "document_state_changed.sent.json", "document_state_changed.viewed.json", "document_state_changed.completed.json"
	at := func(day string) []string {
		return []string{`"date_modified": "2026-09-14T`, `"date_modified": "2026-09-` + day + `T`}
	}
	return providertest.Suite{
		Provider: pandadoc.New(),
		Sign: func(d *providers.Delivery, secret string, _ time.Time) {
			d.URL += "?signature=" + scheme.Sign(*d, secret, "")
		},
		Deliveries: []providertest.Delivery{
			{Name: sent},
			{Name: viewed, Replace: at("15")},
			{Name: "viewed.again", File: viewed, Replace: at("16")},
			{Name: completed, Replace: at("17"), Settings: map[string]string{"accepted_is_signup": "yes"}},
			{Name: "paid", File: completed, Replace: append(at("18"), "document.completed", "document.paid"), Settings: map[string]string{"accepted_is_signup": "yes"}},
			{Name: "declined", File: completed, Replace: append(at("17"), "document.completed", "document.declined", `"amount": "5400.00"`, `"amount": "much"`)},
			{Name: "recipient_completed.json"},
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: `[{"event":"template_created","data":{"id":"t1"}}]`},
		Threads: [][]string{{sent, viewed, "viewed.again", completed, "paid"}},
		Mends:   true,
		Update:  *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }
