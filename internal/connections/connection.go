// Package connections keeps what an org has connected: which provider posts to which URL, what its deliveries are
// verified with, and how they are to be read.
//
//	active <--> paused      a paused connection takes deliveries in; they are translated when it is resumed
//	   \----------\--> deleted      for ever: its URL answers 410 from then on, its secrets are destroyed
//
// Secrets and tokens are wrapped under the master key and never shown again. During a rotation several secrets are live:
// the newest for good, those before until a time that was set.
//
// Everything needed to let a delivery in is held in memory and kept current by watching the store, so a change acts at
// once in every process. What cannot be opened counts as absent: nothing is let in by it.
//
// The package imports package providers, for its types, and no other package of ours: state lives in two small stores
// handed to Open and NewTally.
package connections

import (
	"slices"
	"time"

	"milemarker/internal/providers"
)

// State tells what becomes of a connection's deliveries.
type State string

// The states of a connection.
const (
	Active  State = "active"
	Paused  State = "paused"
	Deleted State = "deleted"
)

// Connection is one URL that a provider posts to.
type Connection struct {
	ID       string // c_ and 26 characters
	Org      string
	Name     string // what people call it
	Provider string // providers.About.Name
	URL      string // public, exactly as it was given to the provider, but for a secret that is part of it
	State    State

	Region   string            // ISO 3166 code of numbers without a country code, "" for none
	Zone     string            // IANA zone of clock times without a zone, "" for UTC
	Settings map[string]string // by providers.Setting.Name

	Secrets []Secret // the newest first
	Token   string   // that details are fetched with, "" if there is none

	Created   time.Time
	CreatedBy string // id of the key
	PausedAt  time.Time
	DeletedAt time.Time
}

// Secret is what deliveries are verified with.
type Secret struct {
	ID      string // tells it from others without telling it
	Value   string
	Created time.Time
	Ends    time.Time // zero: it does not
}

// Live returns the secrets that are good at a time, the newest first.
func (c Connection) Live(now time.Time) providers.Secrets {
	var live providers.Secrets
	for _, s := range c.Secrets {
		if s.Value != "" && (s.Ends.IsZero() || now.Before(s.Ends)) {
			live = append(live, s.Value)
		}
	}
	return live
}

// Location returns the zone of clock times without one: UTC unless a zone is set that is known here.
func (c Connection) Location() *time.Location {
	if c.Zone == "" || c.Zone == "Local" {
		return time.UTC
	}
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// rotate makes a secret the newest. Those before end after the overlap, or earlier if they were to; those that have ended
// already are forgotten.
func (c *Connection) rotate(fresh Secret, overlap time.Duration) {
	ends := fresh.Created.Add(overlap)
	kept := c.Secrets[:0:0]
	for _, s := range c.Secrets {
		if s.Ends.IsZero() || s.Ends.After(ends) {
			s.Ends = ends
		}
		if s.Ends.After(fresh.Created) {
			kept = append(kept, s)
		}
	}
	c.Secrets = slices.Insert(kept, 0, fresh)
}
