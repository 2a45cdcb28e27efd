package events

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFacts(t *testing.T) {
	origin := func(f Fact) Fact {
		f.Source, f.Campaign, f.Product = "referral", "spring-2026", "GTX Pro"
		return f
	}
	for typ, want := range map[string]Fact{
		TypeLeadCaptured:    origin(Fact{Kind: KindLead, Amount: 12000 * Scale, Currency: "CHF"}),
		TypeCallCompleted:   origin(Fact{Kind: KindCall, Outcome: CallConversation, Seconds: 312}),
		TypeAppointmentHeld: origin(Fact{Kind: KindAppointment, Seconds: 3300}),
		TypeSignupCompleted: origin(Fact{
			Kind: KindSignup, Outcome: RoleCustomer, Amount: 1054_5000, Currency: "USD",
			Recurring: 49 * Scale, RecurringInterval: "month", UpsellOffered: true, UpsellTaken: true,
		}),
		TypePaymentRefunded: origin(Fact{Kind: KindMoney, Amount: 54_5000, Currency: "USD"}),
		TypeCostIncurred:    origin(Fact{Kind: KindMoney, Amount: 250 * Scale, Currency: "EUR"}),
		TypeTimeLogged:      {Kind: KindTime, Outcome: LeadGenerating, Product: "GTX Pro", Seconds: 45 * 60},
		TypeDayplanSet:      {Kind: KindRoutine},
		TypeEventVoided:     {Kind: KindSystem},
	} {
		got, err := Facts(recorded(parsed(t, typ)))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", typ, err, diff)
		}
	}
}

func TestFactsTellsWhatItCannotRead(t *testing.T) {
	for data, want := range map[string]error{
		`{"amount":"1","unknown":[{"amount":2}]}`: nil,
		`{"amount":[]}`:       ErrMalformed,
		`{"source":1}`:        ErrMalformed,
		`{"seconds":"1"}`:     ErrMalformed,
		`{"minutes":1.5}`:     ErrMalformed,
		`{"currency":null}`:   ErrMalformed,
		`{"amount":"1.23456"`: ErrMalformed,
		`[]`:                  ErrMalformed,
		``:                    ErrMalformed,
	} {
		if _, err := Facts(Event{Type: TypeCallCompleted, Data: json.RawMessage(data)}); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", data, err, want)
		}
	}
	if _, err := Facts(Event{Type: "call.dreamt", Data: json.RawMessage(`{}`)}); !errors.Is(err, ErrUnknownType) {
		t.Error(err)
	}
}

func TestKinds(t *testing.T) {
	if len(Types()) != 53 {
		t.Errorf("%d types: %v", len(Types()), Types())
	}
	for _, typ := range Types() {
		if !Known(typ) || KindOf(typ) == "" || Version(typ) < 1 {
			t.Errorf("%s: %v %q %d", typ, Known(typ), KindOf(typ), Version(typ))
		}
	}
	if Known("call") || KindOf("call") != "" || Version("call") != 0 {
		t.Error("call is no type")
	}
}
