package events

// The types of kind lead.
const (
	TypeLeadCaptured     = "lead.captured"
	TypeLeadQualified    = "lead.qualified"
	TypeLeadDisqualified = "lead.disqualified"
)

func leadTypes() []definition {
	return []definition{
		define[LeadCaptured](TypeLeadCaptured, "Somebody became a prospect."),
		define[LeadQualified](TypeLeadQualified, "A prospect was found to be worth pursuing."),
		define[LeadDisqualified](TypeLeadDisqualified, "A prospect was found not to be worth pursuing."),
	}
}

// Contact is what every event about a prospect may hold of them. All of it is private: the ledger never has it in clear.
type Contact struct {
	Person *Person `json:"person,omitzero" rule:"private" doc:"Who the prospect is; identifies them when the event has no subject."`
	Note   string  `json:"note,omitzero" rule:"private,multiline" doc:"Free text."`
}

// Person names a prospect. One of phone, e-mail address and external id identifies them; the others become aliases.
type Person struct {
	Name       string `json:"name,omitzero" rule:"private" doc:"Full name."`
	Phone      string `json:"phone,omitzero" rule:"private,format=phone,max=50" doc:"Phone number with its country code."`
	Email      string `json:"email,omitzero" rule:"private,format=email,max=254" doc:"E-mail address."`
	ExternalID string `json:"external_id,omitzero" rule:"private" doc:"The id of the person in the system that submits."`
	Company    string `json:"company,omitzero" rule:"private" doc:"The company they work for."`
	Address    string `json:"address,omitzero" rule:"private,multiline,max=500" doc:"Postal address."`
	Title      string `json:"title,omitzero" rule:"private" doc:"Job title or form of address."`
}

// Origin says where business comes from.
type Origin struct {
	Source   string `json:"source,omitzero" rule:"max=100" doc:"Lead source, such as referral or website."`
	Campaign string `json:"campaign,omitzero" rule:"max=100" doc:"Campaign within the source."`
	Product  string `json:"product,omitzero" rule:"max=100" doc:"The product in question."`
}

// Price is an amount that may be left out.
type Price struct {
	Amount   Decimal `json:"amount,omitzero" rule:"min=0,with=currency" doc:"Amount of money, once."`
	Currency string  `json:"currency,omitzero" rule:"format=currency" doc:"ISO 4217 currency of all amounts of the event."`
}

// Recurring is an amount that comes again and again.
type Recurring struct {
	RecurringAmount   Decimal `json:"recurring_amount,omitzero" rule:"min=0,with=currency|recurring_interval" doc:"Amount of money each interval."`
	RecurringInterval string  `json:"recurring_interval,omitzero" rule:"enum=week|month|quarter|year" doc:"How often the recurring amount comes."`
}

// LeadCaptured is the payload of lead.captured.
type LeadCaptured struct {
	Contact
	Origin
	Price
}

// LeadQualified is the payload of lead.qualified.
type LeadQualified struct {
	Contact
	Origin
	Price
	Reason string `json:"reason,omitzero" doc:"Why; no personal data."`
}

// LeadDisqualified is the payload of lead.disqualified.
type LeadDisqualified struct {
	Contact
	Origin
	Reason string `json:"reason,omitzero" doc:"Why not; no personal data."`
}
