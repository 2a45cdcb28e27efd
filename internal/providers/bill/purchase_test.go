package bill_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/bill"
)

// told is what one delivery tells of a purchase.
type told struct {
	rank     int
	delivery string
	events   []providers.Event
}

func purchases() *rapid.Generator[told] {
	return rapid.Custom(func(t *rapid.T) told {
		p := told{rank: rapid.IntRange(1, 2).Draw(t, "rank")}
		for _, id := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 3, rapid.ID).Draw(t, "payments") {
			received, _ := bill.Payment{Key: id, ID: id, Amount: events.Decimal(rapid.Int64Range(1, 3).Draw(t, "amount")), Currency: "USD"}.Received()
			p.events = append(p.events, received)
		}
		p.delivery = fmt.Sprintf("%+v", p.events) // one delivery tells one thing
		return p
	})
}

func buy(all []told) (stand map[string]providers.Event, state []byte) {
	stand = map[string]providers.Event{}
	for _, p := range all {
		var now []providers.Event
		now, state = bill.Purchase(state, p.rank, p.delivery, p.events)
		for _, e := range now {
			stand[e.Key] = e
		}
	}
	return stand, state
}

func TestPurchaseDoesNotMindTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(purchases(), 1, 5).Draw(t, "told")
		shuffled := append(rapid.Permutation(all).Draw(t, "shuffled"), all[rapid.IntRange(0, len(all)-1).Draw(t, "again")])
		want, wantState := buy(all)
		got, gotState := buy(shuffled)
		if diff := cmp.Diff(want, got); diff != "" || string(wantState) != string(gotState) {
			t.Errorf("what stands depends on the order (-want +got):\n%s", diff)
		}
	})
}

func TestAMendedPurchase(t *testing.T) {
	read := func(amount events.Decimal) []providers.Event {
		received, _ := bill.Payment{Key: "a", ID: "a", Amount: amount, Currency: "USD"}.Received()
		return []providers.Event{received}
	}
	for _, pair := range [][2]events.Decimal{{1, 2}, {2, 1}} {
		_, state := bill.Purchase(nil, 1, "d", read(pair[0]))
		got, _ := bill.Purchase(state, 1, "d", read(pair[1]))
		if diff := cmp.Diff(read(pair[1]), got); diff != "" {
			t.Errorf("an earlier reading stands (-want +got):\n%s", diff)
		}
	}
	for _, state := range []string{"null", "[", `{"payment.received a":{"rank":9,"event":{"Key":"a","Draft":{"Type":"payment.received"}}}}`} {
		got, _ := bill.Purchase([]byte(state), 1, "d", read(1))
		if diff := cmp.Diff(read(1), got); diff != "" {
			t.Errorf("%s was believed (-want +got):\n%s", state, diff)
		}
	}
}
