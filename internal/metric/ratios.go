package metric

// rates are numbers by number within the same period.
func rates() []Definition {
	var (
		calls         = of("call.completed")
		conversations = of("call.completed", "conversation")
		scheduled     = of("appointment.scheduled")
		held          = of("appointment.held")
		noShows       = of("appointment.no_show")
		won           = of("signup.completed")
		lost          = of("proposal.declined")
		taken         = Selector{Types: []string{"signup.completed"}, Measure: Taken}
		offered       = Selector{Types: []string{"signup.completed"}, Measure: Offered}
	)
	return []Definition{
		share("contact_rate", "Contact rate", "definitions, 2: contact rate",
			"conversations / calls; over calls in both directions, because rollups do not keep them apart",
			conversations, calls),
		share("show_rate", "Show rate", "definitions, 2: show rate",
			"held / (held + no-shows); rescheduled and cancelled appointments are neither", held, held, noShows),
		share("close_rate", "Close rate", "definitions, 2: close rate, period form",
			"sign-ups / (sign-ups + proposals declined) of the same period; what is still open is left out",
			won, won, lost),
		share("upsell_take_rate", "Upsell take rate", "definitions, 2: upsell take rate",
			"sign-ups where the upsell was taken / sign-ups where it was offered", taken, offered),
		each("calls_per_conversation", "Calls per conversation", "calls / conversations", calls, conversations),
		each("conversations_per_appointment", "Conversations per appointment", "conversations / appointments scheduled",
			conversations, scheduled),
		each("appointments_per_signup", "Appointments per sign-up", "appointments held / sign-ups", held, won),
	}
}

// conversions set one stage against the one before it, by what happened in the period, not by who entered in it: so
// they may exceed 1.
func conversions() []Definition {
	return []Definition{
		stage("lead_to_conversation", "Lead to conversation", "conversations / leads captured",
			of("call.completed", "conversation"), of("lead.captured")),
		stage("conversation_to_appointment", "Conversation to appointment", "appointments scheduled / conversations",
			of("appointment.scheduled"), of("call.completed", "conversation")),
		stage("appointment_to_proposal", "Appointment to proposal", "proposals sent / appointments held",
			of("proposal.sent"), of("appointment.held")),
		stage("proposal_to_signup", "Proposal to sign-up", "sign-ups / proposals sent",
			of("signup.completed"), of("proposal.sent")),
	}
}

func of(typ string, outcomes ...string) Selector {
	return Selector{Types: []string{typ}, Outcomes: outcomes, Measure: Events}
}

// share defines a part of a whole.
func share(name, title, source, formula string, part Selector, whole ...Selector) Definition {
	return Definition{
		Name: name, Title: title, Noun: formulaNoun, Unit: Ratio, Formula: formula, Source: source,
		Numerator: []Selector{part}, Denominator: whole, HigherIsBetter: true, Share: true,
	}
}

// each defines how much of one it takes for one of the other; less is better.
func each(name, title, formula string, of, per Selector) Definition {
	return Definition{
		Name: name, Title: title, Noun: formulaNoun, Unit: Ratio, Formula: formula,
		Source:    "definitions, 2: activity ratios",
		Numerator: []Selector{of}, Denominator: []Selector{per},
	}
}

// stage defines a conversion between two stages in its period form.
func stage(name, title, formula string, to, from Selector) Definition {
	return Definition{
		Name: name, Title: title + " (period form)", Noun: formulaNoun, Unit: Ratio,
		Formula: formula + " of the same period, whoever they were", Source: periodForm,
		Numerator: []Selector{to}, Denominator: []Selector{from}, HigherIsBetter: true,
	}
}

// formulaNoun is the noun of a number whose title says all.
const formulaNoun = ""
