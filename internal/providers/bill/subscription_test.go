package bill_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/internal/providers/bill"
)

func receipts() *rapid.Generator[*bill.Receipt] {
	return rapid.Custom(func(t *rapid.T) *bill.Receipt {
		if rapid.Bool().Draw(t, "none") {
			return nil
		}
		r := &bill.Receipt{
			ID:     rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "id"),
			Amount: events.Decimal(rapid.Int64Range(0, 2).Draw(t, "amount")) * events.Scale, Currency: "USD",
		}
		if rapid.Bool().Draw(t, "timed") {
			r.At = time.Unix(rapid.Int64Range(1e9, 1e9+3).Draw(t, "at"), 0).UTC()
		}
		return r
	})
}

// subscriptions draws what one delivery may tell.
func subscriptions() *rapid.Generator[bill.Subscription] {
	return rapid.Custom(func(t *rapid.T) bill.Subscription {
		s := bill.Subscription{First: receipts().Draw(t, "first"), Other: receipts().Draw(t, "other"), Trial: rapid.Bool().Draw(t, "trial")}
		if rapid.Bool().Draw(t, "terms") {
			s.Terms = bill.Terms{
				Since: rapid.Int64Range(0, 2).Draw(t, "since"), Currency: "USD",
				Each: events.Recurring{RecurringAmount: events.Decimal(rapid.Int64Range(1, 3).Draw(t, "each")), RecurringInterval: "month"},
			}
		}
		if rank := rapid.IntRange(0, 3).Draw(t, "rank"); rank > 0 {
			s.Buyer = bill.Buyer{Rank: rank, Contact: events.Contact{Note: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "note")}}
		}
		if rapid.Bool().Draw(t, "bare") {
			key := rapid.SampledFrom([]string{"p", "q"}).Draw(t, "key")
			s.Bare = map[string]bill.Payment{key: {Key: key, ID: key, Amount: events.Scale, Currency: "USD"}}
		}
		return s
	})
}

func name(s bill.Subscription) string {
	text, _ := json.Marshal(s)
	return string(text)
}

func add(told ...bill.Subscription) (whole bill.Subscription, state []byte) {
	for _, s := range told {
		whole, state = bill.Add(state, s, name(s)) // one delivery tells one thing
	}
	return whole, state
}

func TestAddDoesNotMindTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		told := rapid.SliceOfN(subscriptions(), 1, 6).Draw(t, "told")
		shuffled := rapid.Permutation(told).Draw(t, "shuffled")
		_, want := add(told...)
		_, got := add(append(shuffled, told[rapid.IntRange(0, len(told)-1).Draw(t, "again")])...)
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("what is kept depends on the order (-want +got):\n%s", diff)
		}
	})
}

func TestEverySaleIsAnEventThatStands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		told := rapid.SliceOfN(subscriptions(), 1, 4).Draw(t, "told")
		whole, _ := add(told...)
		all := whole.Payments(bill.Subscription{Buyer: bill.Buyer{Rank: 1}})
		if sale, ok := whole.Sale("s"); ok {
			all = append(all, sale)
		}
		for _, e := range all {
			e.Draft.ID, e.Draft.Source = "x", "/x"
			if _, violations := e.Draft.Check(); violations != nil {
				t.Errorf("%s: %+v", e.Draft.Type, violations)
			}
		}
	})
}

func TestWhatIsASale(t *testing.T) {
	early := &bill.Receipt{ID: "1", At: time.Unix(1e9, 0), Amount: 10 * events.Scale, Currency: "USD"}
	late := &bill.Receipt{ID: "2", At: time.Unix(1e9+1, 0), Amount: 20 * events.Scale, Currency: "USD"}
	for name, c := range map[string]struct {
		told []bill.Subscription
		want string // the amount, "" for no sale
	}{
		"nothing":                            {nil, ""},
		"a trial":                            {[]bill.Subscription{{Trial: true}}, ""},
		"a first payment":                    {[]bill.Subscription{{First: early}}, "10"},
		"a payment of which nothing's known": {[]bill.Subscription{{Other: early}}, ""},
		"the first payment after a trial":    {[]bill.Subscription{{Other: late}, {Trial: true}, {Other: early}}, "10"},
		"a first payment, and more":          {[]bill.Subscription{{Other: early}, {First: late}}, "20"},
		"a payment, then a trial that began": {[]bill.Subscription{{Other: early}, {Trial: true}}, "10"},
	} {
		whole, _ := add(c.told...)
		sale, ok := whole.Sale("s")
		if ok != (c.want != "") {
			t.Errorf("%s: %v", name, ok)
			continue
		}
		if want := `{"signup":"s","amount":"` + c.want + `","currency":"USD","role":"customer"}`; ok && string(sale.Draft.Data) != want {
			t.Errorf("%s: %s, want %s", name, sale.Draft.Data, want)
		}
	}
}

// A mended adapter reads the same delivery otherwise: that must show, whatever it reads.
func TestTheLastReadingOfADeliveryCounts(t *testing.T) {
	read := func(n int64, note string) bill.Subscription {
		return bill.Subscription{
			First: &bill.Receipt{ID: "1", Amount: events.Decimal(n) * events.Scale, Currency: "USD"},
			Buyer: bill.Buyer{Rank: 1, Contact: events.Contact{Note: note}},
			Terms: bill.Terms{Since: 1, Currency: "USD", Each: events.Recurring{RecurringAmount: events.Decimal(n), RecurringInterval: "month"}},
		}
	}
	for _, pair := range [][2]bill.Subscription{{read(1, "a"), read(2, "b")}, {read(2, "b"), read(1, "a")}} {
		_, state := bill.Add(nil, pair[0], "d")
		got, _ := bill.Add(state, pair[1], "d")
		want, _ := bill.Add(nil, pair[1], "d")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("an earlier reading stands (-want +got):\n%s", diff)
		}
	}
}

// One event has one currency: what comes again in another one is left out.
func TestTwoCurrencies(t *testing.T) {
	e := bill.Sale{ID: "s", Amount: events.Scale, Currency: "USD", Terms: bill.Terms{
		Currency: "EUR", Each: events.Recurring{RecurringAmount: events.Scale, RecurringInterval: "month"},
	}}.Event()
	if want := `{"signup":"s","amount":"1","currency":"USD","role":"customer"}`; string(e.Draft.Data) != want {
		t.Errorf("%s, want %s", e.Draft.Data, want)
	}
}
