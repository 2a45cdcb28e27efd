package projections

import (
	"time"

	"milemarker/events"
)

// Stage returns the stage of the journey that an event brings its prospect to, "" for none.
func Stage(typ, outcome string) string {
	switch typ {
	case events.TypeLeadCaptured:
		return "lead"
	case events.TypeLeadQualified:
		return "qualified"
	case events.TypeLeadDisqualified:
		return "disqualified"
	case events.TypeCallCompleted:
		if outcome == "conversation" {
			return "conversation"
		}
		return "attempt"
	case events.TypeAppointmentScheduled:
		return "appointment"
	case events.TypeAppointmentHeld:
		return "held"
	case events.TypeAppointmentNoShow:
		return "no_show"
	case events.TypeProposalSent:
		return "proposal"
	case events.TypeProposalDeclined:
		return "declined"
	case events.TypeSignupCompleted:
		return "signup"
	case events.TypeSignupCancelled:
		return "cancelled"
	default:
		return ""
	}
}

// InsertJourneySteps writes the steps that the rows mean for their prospects.
func InsertJourneySteps(rows []Row) Statement {
	var org, prospect, stage, id, rep, team, source []string
	var at []time.Time
	var position, rank []uint64
	step := func(r Row, e events.Event, s string) {
		org, prospect, stage = append(org, e.Org), append(prospect, e.Prospect), append(stage, s)
		at, id, position = append(at, e.Time), append(id, e.ID), append(position, uint64(r.Position))
		rep, team, source = append(rep, e.Rep), append(team, e.Team), append(source, r.Fact.Source)
		rank = append(rank, version(r.Position))
	}
	for _, r := range rows {
		if r.Event.Prospect == "" {
			continue
		}
		s := Stage(r.Event.Type, r.Fact.Outcome)
		if s == "" {
			continue
		}
		step(r, r.Event, s)
		if s == "conversation" { // a conversation is an attempt too
			step(r, r.Event, "attempt")
		}
	}
	return insert("journey steps", "journey_steps_v1",
		"org, prospect, stage, time, id, position, rep, team, source, version",
		org, prospect, stage, at, id, position, rep, team, source, rank)
}
