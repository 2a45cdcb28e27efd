package metric

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/events"
)

func decimal(tb testing.TB, s string) events.Decimal {
	tb.Helper()
	d, err := events.ParseDecimal(s)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// week is one week of a small team, in one currency.
func week(tb testing.TB) []Row {
	tb.Helper()
	return []Row{
		{Type: "lead.captured", Count: 30},
		{Type: "call.completed", Outcome: "conversation", Count: 24, Seconds: 7200},
		{Type: "call.completed", Outcome: "voicemail", Count: 36, Seconds: 600},
		{Type: "call.completed", Outcome: "no_answer", Count: 40, Seconds: 0},
		{Type: "appointment.scheduled", Count: 10},
		{Type: "appointment.held", Count: 6, Seconds: 10800},
		{Type: "appointment.no_show", Count: 2},
		{Type: "proposal.sent", Count: 5, Amount: decimal(tb, "5000")},
		{Type: "proposal.declined", Count: 1},
		{Type: "signup.completed", Outcome: "customer", Count: 2, Amount: decimal(tb, "1000.10"), Offered: 2, Taken: 1},
		{Type: "signup.completed", Outcome: "recruit", Count: 1, Amount: decimal(tb, "99"), Offered: 1},
		{Type: "payment.received", Count: 3, Amount: decimal(tb, "1099.10")},
		{Type: "time.logged", Outcome: "income_producing", Count: 4, Seconds: 3600},
		{Type: "time.logged", Outcome: "admin", Count: 4, Seconds: 5430},
	}
}

func TestEvaluate(t *testing.T) {
	rows := week(t)
	for _, c := range []struct {
		metric, want string
		n            uint64
	}{
		{"events", "168", 168},
		{"leads", "30", 30},
		{"calls", "100", 100},
		{"conversations", "24", 24},
		{"contact_rate", "0.24", 100},
		{"show_rate", "0.75", 8},
		{"signups", "3", 3},
		{"signups_customer", "2", 2},
		{"signups_recruit", "1", 1},
		{"signup_amount", "1099.1", 3},
		{"average_sale", "366.3667", 3},
		{"close_rate", "0.75", 4},
		{"upsell_take_rate", "0.3333", 3},
		{"receipts", "1099.1", 3},
		{"refunds", "0", 0},
		{"minutes", "150.5", 8},
		{"call_seconds", "7800", 100},
		{"income_producing_share", "0.8035", 114}, // 22200 s of 27630 s
		{"calls_per_conversation", "4.1667", 24},
		{"conversations_per_appointment", "2.4", 10},
		{"appointments_per_signup", "2", 3},
		{"lead_to_conversation", "0.8", 30},
		{"conversation_to_appointment", "0.4167", 24},
		{"appointment_to_proposal", "0.8333", 6},
		{"proposal_to_signup", "0.6", 5},
	} {
		d, ok := Find(c.metric)
		if !ok {
			t.Errorf("%s is not defined", c.metric)
			continue
		}
		v, ok := Evaluate(d, rows)
		if !ok || v.Number.String() != c.want || v.N != c.n {
			t.Errorf("%s = %s (n %d, ok %t), want %s (n %d)", c.metric, v.Number, v.N, ok, c.want, c.n)
		}
		if (v.Interval != nil) != d.Share {
			t.Errorf("%s: interval %v, share %t", c.metric, v.Interval, d.Share)
		}
	}
}

func TestRatioWithoutDenominatorIsAbsent(t *testing.T) {
	calls := []Row{{Type: "call.completed", Outcome: "voicemail", Count: 3}}
	for _, d := range All() {
		v, ok := Evaluate(d, nil)
		if ok != d.Additive() {
			t.Errorf("%s of nothing: %v, %t", d.Name, v, ok)
		}
	}
	d, _ := Find("calls_per_conversation")
	if v, ok := Evaluate(d, calls); ok {
		t.Errorf("calls per conversation without a conversation = %v, want none", v)
	}
}

func TestWilsonInterval(t *testing.T) {
	// Values computed by hand from the score interval with z = 1.28155.
	for _, c := range []struct{ part, all, low, high float64 }{
		{0, 1, 0, 0.6216},
		{1, 1, 0.3784, 1},
		{5, 10, 0.3123, 0.6877},
		{75, 100, 0.6909, 0.8010},
	} {
		got := interval(c.part, c.all)
		if math.Abs(got.Low-c.low) > 5e-4 || math.Abs(got.High-c.high) > 5e-4 {
			t.Errorf("interval of %g in %g is %.4f-%.4f, want %.4f-%.4f", c.part, c.all, got.Low, got.High, c.low, c.high)
		}
	}
}

func TestSumsThatDoNotFitAreAbsent(t *testing.T) {
	amount, _ := Find("receipts")
	rows := []Row{
		{Type: "payment.received", Count: 1, Amount: math.MaxInt64},
		{Type: "payment.received", Count: 1, Amount: 1},
	}
	if v, ok := Evaluate(amount, rows); ok {
		t.Errorf("receipts beyond the range = %v, want none", v)
	}
	calls, _ := Find("calls")
	if v, ok := Evaluate(calls, []Row{{Type: "call.completed", Count: math.MaxUint64}}); ok {
		t.Errorf("calls beyond the range = %v, want none", v)
	}
}

// Evaluating all rows gives the sum of evaluating parts of them, wherever that is promised.
func TestAdditiveNumbersAddUp(t *testing.T) {
	row := rapid.Custom(func(t *rapid.T) Row {
		return Row{
			Type:    rapid.SampledFrom(events.Types()).Draw(t, "type"),
			Outcome: rapid.SampledFrom([]string{"", "conversation", "customer", "recruit", "admin"}).Draw(t, "outcome"),
			Count:   rapid.Uint64Range(0, 1e6).Draw(t, "count"),
			Amount:  events.Decimal(rapid.Int64Range(-1e12, 1e12).Draw(t, "amount")),
			Seconds: 60 * rapid.Int64Range(0, 1e6).Draw(t, "minutes"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.SliceOf(row).Draw(t, "a"), rapid.SliceOf(row).Draw(t, "b")
		for _, d := range All() {
			if !d.Additive() {
				continue
			}
			all, _ := Evaluate(d, append(slices.Clip(a), b...))
			left, _ := Evaluate(d, a)
			right, _ := Evaluate(d, b)
			if diff := cmp.Diff(all, Value{Number: left.Number + right.Number, N: left.N + right.N}); diff != "" {
				t.Fatalf("%s: %s", d.Name, diff)
			}
		}
	})
}

func TestMulDivRoundsHalfAway(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Int64().Draw(t, "a")
		b := rapid.Int64Range(0, 1e9).Draw(t, "b")
		c := rapid.Int64Range(1, 1e15).Draw(t, "c")
		got, ok := mulDiv(events.Decimal(a), b, c)
		exact := new(big.Rat).Mul(big.NewRat(a, 1), big.NewRat(b, c))
		want, _ := new(big.Int).SetString(exact.FloatString(0), 10)
		if ok != want.IsInt64() || ok && int64(got) != want.Int64() {
			t.Fatalf("%d * %d / %d = %d, %t, want %s", a, b, c, got, ok, want)
		}
	})
}
