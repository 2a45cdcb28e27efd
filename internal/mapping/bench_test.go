package mapping

import (
	"testing"
)

const benchDocument = `version: 1
lookups: { kinds: { deal_won: signup.completed } }
let:
  mail: first([body.?email, body.?lead_email])
events:
  - type: { column: event, lookup: kinds }
    when: mail != null
    id: "{external_id}"
    time: { column: closed_at }
    data:
      signup: "{external_id}"
      role: customer
      amount: { expr: money(body.amount) }
      currency: USD
      person: { email: "{mail}", phone: { column: phone, as: phone } }
`

// BenchmarkParse reads and compiles a document, which is done once for each version of it.
func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := Parse([]byte(benchDocument), Deliveries); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkApply applies it to one delivery.
func BenchmarkApply(b *testing.B) {
	m, err := Parse([]byte(benchDocument), Deliveries)
	if err != nil {
		b.Fatal(err)
	}
	in := Input{Region: "US", Body: body(b, `{"event":"deal_won","lead_email":"a@example.com","external_id":"x1","closed_at":"2026-09-15 12:00:00","amount":"5,400.00","phone":"(202) 555-0143"}`)}
	for b.Loop() {
		out, err := m.Apply(b.Context(), in)
		if err != nil || len(out.Made) != 1 || out.Made[0].Fault != nil {
			b.Fatalf("%+v, %v", out, err)
		}
	}
}

// BenchmarkRows applies the smallest document to one row, without an expression and with some.
func BenchmarkRows(b *testing.B) {
	for name, document := range map[string]string{
		"templates":   good,
		"expressions": "version: 1\nsource: /x\nevents:\n  - type: proposal.sent\n    when: row.id != \"\"\n    id: \"p-{id}\"\n    time: { expr: 'ts(row.day, \"2006-01-02\", \"UTC\")' }\n    data: { proposal: \"{id}\" }\n",
	} {
		b.Run(name, func(b *testing.B) {
			m, err := Parse([]byte(document), Rows)
			if err != nil {
				b.Fatal(err)
			}
			row := columns{"id": "7", "day": "2026-01-02"}
			for b.Loop() {
				if out, err := m.Apply(b.Context(), Input{Row: row}); err != nil || out.Made[0].Fault != nil {
					b.Fatalf("%+v, %v", out, err)
				}
			}
		})
	}
}
