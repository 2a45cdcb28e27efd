// Package offer makes events of proposals, for all tools that send them in the same way.
//
// The package must never know such a tool.
package offer

import (
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/merge"
	"milemarker/internal/providers/wire"
)

// Step is what became of a proposal.
type Step int

// The steps of a proposal.
const (
	Sent Step = iota + 1
	Viewed
	Accepted
	Declined
)

// Offer is what a delivery tells of a proposal.
type Offer struct {
	ID      string // the provider's
	Step    Step
	At      time.Time
	Contact events.Contact
	Reps    []providers.Rep

	Product    string
	Amount     string // as people write it
	Currency   string
	ValidUntil time.Time
	Reason     string // why it was declined: free text, it becomes a note
}

// Settings are what the owner of a connection may choose.
func Settings() []providers.Setting {
	return []providers.Setting{
		{Name: "accepted_is_signup", Help: "yes, if an accepted proposal is the sale itself: a sign-up is recorded beside it. Leave it at no where a payment provider tells of sales.", Default: "no"},
		{Name: "source", Help: "The lead source of the proposals, if there is one for all."},
	}
}

// Types are the types of events that an offer becomes.
func Types() []string {
	return []string{
		events.TypeProposalSent, events.TypeProposalViewed, events.TypeProposalAccepted, events.TypeProposalDeclined, events.TypeSignupCompleted,
	}
}

// Tell returns the events of an offer, and what is to be kept of it: the first time that something is told of an offer
// stands, whatever the order of deliveries. Name is the provider's, key that of the delivery.
func (o Offer) Tell(in providers.Input, name, key string, state []byte) (told []providers.Event, kept []byte) {
	told = o.events(in, name)
	version := o.At
	if version.IsZero() {
		version = in.Received
	}
	return merge.Events(state, version.UnixMicro(), key, told, merge.Earliest)
}

func (o Offer) events(in providers.Input, name string) []providers.Event {
	ref := events.ProposalRef{Proposal: wire.External(name, o.ID)}
	origin := events.Origin{Source: wire.Label(in.Settings["source"]), Product: wire.Label(o.Product)}
	amount, readable := wire.Money(o.Amount)
	price, ok := wire.Price(amount, readable, o.Currency)
	if o.Amount != "" && !ok && (!readable || amount != 0) {
		o.Contact.Note = wire.Note(o.Contact.Note, "amount: "+o.Amount+" "+o.Currency)
	}
	event := func(typ string, payload any) providers.Event {
		return providers.Event{Key: o.ID, Draft: wire.Draft(typ, wire.Happened(in.Received, o.At), payload), Reps: o.Reps}
	}
	switch o.Step {
	case Sent:
		sent := events.ProposalSent{Contact: o.Contact, Origin: origin, ProposalRef: ref, Price: price}
		if !o.ValidUntil.IsZero() {
			sent.ValidUntil = events.DateOf(o.ValidUntil.In(in.Zone))
		}
		return []providers.Event{event(events.TypeProposalSent, sent)}
	case Viewed:
		return []providers.Event{event(events.TypeProposalViewed, events.ProposalViewed{Contact: o.Contact, Origin: origin, ProposalRef: ref})}
	case Accepted:
		told := []providers.Event{event(events.TypeProposalAccepted, events.ProposalAccepted{
			Contact: o.Contact, Origin: origin, ProposalRef: ref, Price: price,
		})}
		if strings.EqualFold(in.Settings["accepted_is_signup"], "yes") {
			told = append(told, event(events.TypeSignupCompleted, events.SignupCompleted{
				Contact: events.Contact{Person: o.Contact.Person}, Origin: origin, Price: price,
				SignupRef: events.SignupRef{Signup: ref.Proposal}, Role: events.RoleCustomer,
			}))
		}
		return told
	case Declined:
		o.Contact.Note = wire.Note(o.Contact.Note, o.Reason)
		return []providers.Event{event(events.TypeProposalDeclined, events.ProposalDeclined{
			Contact: o.Contact, Origin: origin, ProposalRef: ref, Price: price,
		})}
	}
	return nil
}
