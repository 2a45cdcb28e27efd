package hubspot

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/merge"
	"milemarker/internal/providers/wire"
)

// object is a contact or a deal: as workflows send it, or as the API answers.
type object struct {
	id string
	v  wire.Value
}

// get returns a property, whose value stands within an object in the first version of the API.
func (o object) get(names ...string) string {
	for _, name := range names {
		p := o.v.Get("properties", name)
		if text := cmp.Or(p.Get("value").Text(), p.Text()); text != "" {
			return text
		}
	}
	return ""
}

// changed returns when a property got its value, as far as that is told.
func (o object) changed(in providers.Input, name string) time.Time {
	return wire.Time(o.v.Get("properties", name, "versions", "0", "timestamp").Text(), in.Zone)
}

// reps names the object's owner.
func (o object) reps() []providers.Rep {
	owner := o.v.Get("associated-owner")
	reps := []providers.Rep{
		{Kind: providers.RepEmail, Value: wire.Email(owner.Get("email").Text())},
		{Kind: providers.RepUser, Value: wire.Line(o.get("hubspot_owner_id"), 100)},
		{Kind: providers.RepName, Value: wire.Name(owner.Get("first-name").Text(), owner.Get("last-name").Text())},
	}
	return slices.DeleteFunc(reps, func(r providers.Rep) bool { return r.Value == "" })
}

func (o object) contact(in providers.Input) events.Contact {
	return wire.Contact{
		Name:    wire.Name(o.get("firstname"), o.get("lastname")),
		Company: cmp.Or(o.get("company"), o.v.Get("associated-company", "properties", "name", "value").Text()),
		Title:   o.get("jobtitle"), Phone: o.get("phone", "mobilephone"), Email: o.get("email"),
		ExternalID: wire.External("hubspot", o.id),
	}.Read(in.Region)
}

func (o object) origin() events.Origin {
	return events.Origin{
		Source:   wire.Label(strings.ToLower(o.get("utm_source", "hs_latest_source", "hs_analytics_source"))),
		Campaign: wire.Label(o.get("utm_campaign")),
	}
}

// lead is the contact as a new lead.
func (o object) lead(in providers.Input, at time.Time) providers.Event {
	return providers.Event{
		Key: "contact/" + o.id, Reps: o.reps(),
		Draft: wire.Draft(events.TypeLeadCaptured,
			wire.Happened(in.Received, wire.Time(o.get("createdate"), in.Zone), at),
			events.LeadCaptured{Contact: o.contact(in), Origin: o.origin()}),
	}
}

// qualified is the contact as a lead that was found to be worth pursuing.
func (o object) qualified(in providers.Input, at time.Time) providers.Event {
	return providers.Event{
		Key: "contact/" + o.id, Reps: o.reps(),
		Draft: wire.Draft(events.TypeLeadQualified, wire.Happened(in.Received, at),
			events.LeadQualified{Contact: o.contact(in), Origin: o.origin()}),
	}
}

// sale is the deal as a sale. The contact that it belongs to is known by its id: the lead has the same.
func (o object) sale(in providers.Input, at time.Time) providers.Event {
	currency := cmp.Or(o.get("deal_currency_code"), in.Settings["currency"])
	note := []string{o.get("dealname")}
	s := events.SignupCompleted{
		SignupRef: events.SignupRef{Signup: "hubspot:" + o.id}, Role: events.RoleCustomer, Origin: o.origin(),
	}
	amount, ok := wire.Money(o.get("amount"))
	if s.Price, ok = wire.Price(amount, ok, currency); !ok && o.get("amount") != "" {
		note = append(note, "amount: "+o.get("amount")+" "+currency)
	}
	if mrr, ok := wire.Money(o.get("hs_mrr")); ok && mrr > 0 && wire.Currency(currency) != "" {
		s.Recurring = events.Recurring{RecurringAmount: mrr, RecurringInterval: "month"}
		s.Currency = wire.Currency(currency)
	}
	person := wire.External("hubspot", o.v.First("associations.contacts.results.0.id", "associations.associatedVids.0"))
	s.Contact = wire.Contact{ExternalID: person, Note: wire.Note(note...)}.Read(in.Region)
	return providers.Event{
		Key: "deal/" + o.id, Reps: o.reps(),
		Draft: wire.Draft(events.TypeSignupCompleted, wire.Happened(in.Received, at, wire.Time(o.get("closedate"), in.Zone)), s),
	}
}

// workflow tells of a contact or deal that a workflow sent whole. It may be sent again and again: the newest stands.
func workflow(in providers.Input, body wire.Value) providers.Output {
	out := providers.Output{Kind: "workflow contact", Key: thread(body)}
	o := object{body.Get("vid").Text(), body}
	version := wire.Time(o.get("lastmodifieddate", "hs_lastmodifieddate"), in.Zone)
	out.Key += "/" + o.get("lastmodifieddate", "hs_lastmodifieddate")
	var told []providers.Event
	if isDeal(body) {
		out.Kind, o.id = "workflow deal", body.Get("objectId").Text()
		if !listed(in.Settings["won_stages"], "closedwon", o.get("dealstage")) {
			return wire.Ignored(out.Kind, out.Key, "the deal is not won")
		}
		told = append(told, o.sale(in, o.changed(in, "dealstage")))
	} else {
		told = append(told, o.lead(in, time.Time{}))
		if listed(in.Settings["qualified_stages"], "salesqualifiedlead,opportunity", o.get("lifecyclestage")) {
			told = append(told, o.qualified(in, o.changed(in, "lifecyclestage")))
		}
	}
	out.Events, out.State = merge.Events(in.State, version.UnixMilli(), out.Key, told, merge.Newest)
	return out
}

// listed tells whether a setting, or what it is by default, names a stage.
func listed(setting, standard, stage string) bool {
	if strings.TrimSpace(setting) == "" {
		setting = standard
	}
	return stage != "" && slices.ContainsFunc(strings.Split(setting, ","), func(s string) bool {
		return strings.EqualFold(strings.TrimSpace(s), stage)
	})
}
