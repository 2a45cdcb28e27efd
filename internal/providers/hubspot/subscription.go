package hubspot

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/wire"
)

// maxBatch is how many events HubSpot sends at once.
const maxBatch = 100

var objectID = regexp.MustCompile(`^[0-9]{1,30}$`)

// subscriptions tells of the changes that an app has subscribed to. They name objects by their ids: the rest is fetched.
func subscriptions(in providers.Input, batch []wire.Value) (providers.Output, error) {
	if len(batch) > maxBatch {
		return providers.Output{}, fmt.Errorf("more than %d events: %w", maxBatch, providers.ErrMalformed)
	}
	var out providers.Output
	var keys, kinds []string
	seen, wanted := map[string]bool{}, map[string]bool{}
	for _, change := range batch {
		kind, typ := meaning(in, change)
		id := change.Get("objectId").Text()
		keys = append(keys, cmp.Or(change.Get("eventId").Text(), kind+"/"+id+"/"+change.Get("occurredAt").Text()))
		if kinds = append(kinds, kind); typ == "" || !objectID.MatchString(id) || seen[typ+id] {
			continue
		}
		seen[typ+id] = true
		name, address := detail(typ, id)
		answer, known := in.Details[name]
		if !known && !in.Pending && !wanted[name] {
			wanted[name] = true
			out.Wants = append(out.Wants, providers.Want{Name: name, URL: address, Auth: providers.AuthBearer})
		}
		out.Events = append(out.Events, event(in, change, typ, id, answer))
	}
	out.Kind, out.Key = common(kinds), wire.Line(strings.Join(keys, ","), 500)
	if len(out.Events) == 0 {
		return wire.Ignored(out.Kind, out.Key, "tells of nothing that counts"), nil
	}
	return out, nil
}

// meaning returns the kind of a change as it was called in the first place, and the type of event that it is, "" for none.
func meaning(in providers.Input, change wire.Value) (kind, typ string) {
	kind = change.Get("subscriptionType").Text()
	if of := map[string]string{"0-1": "contact", "0-3": "deal"}[change.Get("objectTypeId").Text()]; of != "" {
		kind = strings.Replace(kind, "object.", of+".", 1)
	}
	property, value := change.Get("propertyName").Text(), change.Get("propertyValue").Text()
	switch {
	case kind == "contact.creation":
		return kind, events.TypeLeadCaptured
	case kind == "contact.propertyChange" && property == "lifecyclestage" &&
		listed(in.Settings["qualified_stages"], "salesqualifiedlead,opportunity", value):
		return kind, events.TypeLeadQualified
	case kind == "deal.propertyChange" && property == "dealstage" && listed(in.Settings["won_stages"], "closedwon", value):
		return kind, events.TypeSignupCompleted
	}
	return kind, ""
}

// detail is what must be fetched of an object.
func detail(typ, id string) (name, address string) {
	const base = "https://api.hubapi.com/crm/v3/objects/"
	if typ == events.TypeSignupCompleted {
		return "deal/" + id, base + "deals/" + id +
			"?properties=dealname,amount,deal_currency_code,closedate,dealstage,hubspot_owner_id,hs_mrr&associations=contacts"
	}
	return "contact/" + id, base + "contacts/" + id +
		"?properties=firstname,lastname,email,phone,mobilephone,company,jobtitle,createdate,hubspot_owner_id,hs_analytics_source,hs_latest_source,utm_source,utm_campaign"
}

// event is one change; what is known of it without the object is that it happened.
func event(in providers.Input, change wire.Value, typ, id string, answer []byte) providers.Event {
	v, err := wire.JSON(answer)
	known := err == nil && v.Get("properties").IsObject()
	o := object{id, v}
	at := wire.Time(change.Get("occurredAt").Text(), in.Zone)
	var e providers.Event
	switch typ {
	case events.TypeLeadCaptured:
		e = o.lead(in, at)
	case events.TypeLeadQualified:
		e = o.qualified(in, at)
	default:
		e = o.sale(in, at)
	}
	e.Amends, e.Pending = known, !known
	return e
}

// common is the kind of a batch: that of all its events, else "batch".
func common(kinds []string) string {
	for _, kind := range kinds {
		if kind != kinds[0] {
			return "batch"
		}
	}
	if len(kinds) == 0 {
		return "batch"
	}
	return wire.Kind(kinds[0])
}
