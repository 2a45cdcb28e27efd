package metric

import "slices"

const (
	microNumbers = "definitions, 2: micro-numbers"
	periodForm   = "definitions, 2: stage conversion, period form"
)

// All returns every definition in the order in which they are shown: from the first contact to the money, then time,
// then the ratios between them.
func All() []Definition {
	return slices.Concat(activities(), results(), money(), timeSpent(), rates(), conversions())
}

// Find returns the definition of that name.
func Find(name string) (Definition, bool) {
	for _, d := range All() {
		if d.Name == name {
			return d, true
		}
	}
	return Definition{}, false
}

// Names returns the names of all definitions, in their order.
func Names() []string {
	var names []string
	for _, d := range All() {
		names = append(names, d.Name)
	}
	return names
}

func activities() []Definition {
	return []Definition{
		{
			Name: "events", Title: "Events", Noun: "events", Unit: Count, Source: microNumbers, HigherIsBetter: true,
			Formula:   "all events of every kind; voided ones are left out, here and everywhere",
			Numerator: []Selector{{Measure: Events}},
		},
		count("leads", "Leads", "leads", "leads captured", "lead.captured"),
		count("leads_qualified", "Leads qualified", "qualified leads", "leads found to be worth the effort", "lead.qualified"),
		lowerIsBetter(count("leads_disqualified", "Leads disqualified", "disqualified leads",
			"leads found not to be worth the effort", "lead.disqualified")),
		count("calls", "Calls", "calls", "calls completed, in both directions, whatever came of them", "call.completed"),
		count("conversations", "Conversations", "conversations", "calls in which a conversation took place",
			"call.completed", "conversation"),
		count("appointments_scheduled", "Appointments scheduled", "scheduled appointments", "appointments made",
			"appointment.scheduled"),
		count("appointments_held", "Appointments held", "held appointments",
			"appointments that took place, told or inferred from their end having passed", "appointment.held"),
		lowerIsBetter(count("no_shows", "No-shows", "no-shows", "appointments to which the other side did not come",
			"appointment.no_show")),
		count("proposals_sent", "Proposals sent", "sent proposals", "proposals sent", "proposal.sent"),
		count("proposals_accepted", "Proposals accepted", "accepted proposals", "proposals accepted", "proposal.accepted"),
		lowerIsBetter(count("proposals_declined", "Proposals declined", "declined proposals", "proposals declined",
			"proposal.declined")),
	}
}

func results() []Definition {
	return []Definition{
		count("signups", "Sign-ups", "sign-ups", "sign-ups of customers and recruits", "signup.completed"),
		count("signups_customer", "Customer sign-ups", "customer sign-ups", "sign-ups of customers",
			"signup.completed", "customer"),
		count("signups_recruit", "Recruit sign-ups", "recruit sign-ups", "sign-ups of recruits",
			"signup.completed", "recruit"),
		lowerIsBetter(count("signups_cancelled", "Sign-ups cancelled", "cancelled sign-ups", "sign-ups cancelled later",
			"signup.cancelled")),
	}
}

func money() []Definition {
	return []Definition{
		sum("signup_amount", "Sign-up amount", "of sign-ups", "sum of the amounts of sign-ups", "signup.completed"),
		sum("receipts", "Receipts", "of receipts", "sum of the payments received", "payment.received"),
		lowerIsBetter(sum("refunds", "Refunds", "of refunds", "sum of the payments given back", "payment.refunded")),
		lowerIsBetter(sum("costs", "Costs", "of costs", "sum of the costs incurred", "cost.incurred")),
		{
			Name: "average_sale", Title: "Average sale", Noun: "a sale", Unit: Money, Source: microNumbers,
			Formula:        "amount of sign-ups / sign-ups, per currency; a sign-up without an amount belongs to none",
			Numerator:      []Selector{{Types: []string{"signup.completed"}, Measure: Amount}},
			Denominator:    []Selector{{Types: []string{"signup.completed"}, Measure: Events}},
			HigherIsBetter: true,
		},
	}
}

func timeSpent() []Definition {
	return []Definition{
		{
			Name: "minutes", Title: "Minutes logged", Noun: "minutes", Unit: Minutes, Source: microNumbers,
			Formula:        "minutes of time logged, whatever their category",
			Numerator:      []Selector{{Types: []string{"time.logged"}, Measure: Duration}},
			HigherIsBetter: true,
		},
		{
			Name: "call_seconds", Title: "Time on calls", Noun: "seconds on calls", Unit: Seconds, Source: microNumbers,
			Formula:        "length of all calls, in seconds",
			Numerator:      []Selector{{Types: []string{"call.completed"}, Measure: Duration}},
			HigherIsBetter: true,
		},
		{
			Name: "income_producing_share", Title: "Income-producing share (entries added up)", Unit: Ratio,
			Source: "definitions, 2: income-producing share, from entries added up",
			Noun:   "of the time", HigherIsBetter: true,
			Formula: "(income-producing time logged + length of calls and held appointments) / (all time logged + length of " +
				"calls and held appointments); income-producing is also what the org counts as such, on the days for which it said " +
				"so; a call that was also logged as time counts twice, other than in /v1/time, where every moment counts once",
			Numerator: []Selector{
				{Types: []string{"time.logged"}, Outcomes: []string{"income_producing"}, Measure: Duration},
				{Types: []string{"call.completed", "appointment.held"}, Measure: Duration},
			},
			Denominator: []Selector{
				{Types: []string{"time.logged", "call.completed", "appointment.held"}, Measure: Duration},
			},
		},
	}
}

// count defines a number of events of one type, all of them or those of some outcomes.
func count(name, title, noun, formula, typ string, outcomes ...string) Definition {
	return Definition{
		Name: name, Title: title, Noun: noun, Unit: Count, Formula: formula, Source: microNumbers, HigherIsBetter: true,
		Numerator: []Selector{{Types: []string{typ}, Outcomes: outcomes, Measure: Events}},
	}
}

// sum defines a sum of money over the events of one type.
func sum(name, title, noun, formula, typ string) Definition {
	return Definition{
		Name: name, Title: title, Noun: noun, Unit: Money, Formula: formula + ", per currency", Source: microNumbers,
		Numerator: []Selector{{Types: []string{typ}, Measure: Amount}}, HigherIsBetter: true,
	}
}

func lowerIsBetter(d Definition) Definition {
	d.HigherIsBetter = false
	return d
}
