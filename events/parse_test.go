package events

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// event returns a call.completed with other data, and with attributes added or (given as null) replaced by those in more.
func event(typ, data string, more ...string) string {
	attributes := map[string]string{
		"specversion": `"1.0"`, "id": `"1"`, "source": `"/x"`, "type": `"` + typ + `"`, "data": data,
	}
	for i := 0; i < len(more); i += 2 {
		if attributes[more[i]] = more[i+1]; more[i+1] == "" {
			delete(attributes, more[i])
		}
	}
	var parts []string
	for name, value := range attributes {
		parts = append(parts, fmt.Sprintf("%q:%s", name, value))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

const goodCall = `{"direction":"outbound","outcome":"busy"}`

func goal(more string) string {
	return event(TypeGoalSet, `{"goal":"g","title":"t","metric":"calls","owner_kind":"org",`+more+`}`)
}

func TestEveryViolationIsReportedAtItsPlace(t *testing.T) {
	long := strings.Repeat("x", 300)
	const year = `"target":9,"starts_on":"2026-01-01","ends_on":"2026-12-31"`
	for _, tt := range []struct {
		in   string
		want []string // pointer and the beginning or an essential part of the detail
	}{
		{``, []string{" JSON text ends too early"}},
		{`{`, []string{" JSON text ends too early"}},
		{`{"id":1}x`, []string{" there is more after"}},
		{`[1]`, []string{" must be a CloudEvents JSON object, not a list"}},
		{"{\"id\":\"\xff\"}", []string{" not valid UTF-8"}},
		{`{"id":"\ud800"}`, []string{" not JSON at byte 7: not a valid escape"}},
		{"{\"id\":\"\n\"}", []string{" not JSON at byte 7: control characters"}},
		{`{"id":01}`, []string{" not JSON at byte 6: a number must not begin with 0"}},
		{`{'id':1}`, []string{" not JSON at byte 1: a member's name"}},
		{event(TypeCallCompleted, strings.Repeat("[", 32)+strings.Repeat("]", 32)), []string{" nested deeper than 32 levels"}},
		{`{}`, []string{
			`/specversion must be "1.0"`, "/id is required", "/source is required", "/type is required", "/data is required",
		}},
		{event(TypeCallCompleted, goodCall, "specversion", `"0.3"`), []string{`/specversion must be "1.0"`}},
		{event(TypeCallCompleted, goodCall, "specversion", `1.0`), []string{"/specversion must be a string, not a number"}},
		{event(TypeCallCompleted, goodCall, "id", `""`), []string{"/id must not be empty"}},
		{event(TypeCallCompleted, goodCall, "id", `" 1"`), []string{"/id must be printable"}},
		{event(TypeCallCompleted, goodCall, "id", `"a\u0007"`), []string{"/id must be printable"}},
		{event(TypeCallCompleted, goodCall, "id", `"`+long+`"`), []string{"/id must have at most 200 bytes"}},
		{event(TypeCallCompleted, goodCall, "source", `"a b"`), []string{"/source must be a URI reference"}},
		{event(TypeCallCompleted, goodCall, "source", `"/%zz"`), []string{"/source must be a URI reference"}},
		{event(TypeCallCompleted, goodCall, "time", `"yesterday"`), []string{"/time must be an RFC 3339 time"}},
		{event(TypeCallCompleted, goodCall, "time", `"2026-02-30T00:00:00Z"`), []string{"/time must be an RFC 3339 time"}},
		{event(TypeCallCompleted, goodCall, "time", `"1970-12-31T23:59:59Z"`), []string{"/time must lie in the years"}},
		{event(TypeCallCompleted, goodCall, "time", `"2149-01-01T00:00:00Z"`), []string{"/time must lie in the years"}},
		{event(TypeCallCompleted, goodCall, "time", `5`), []string{"/time must be a string, not a number"}},
		{event(TypeCallCompleted, goodCall, "datacontenttype", `"text/xml"`), []string{"/datacontenttype must be application/json"}},
		{event(TypeCallCompleted, goodCall, "data_base64", `"e30="`), []string{"/data_base64 is not taken"}},
		{event(TypeCallCompleted, goodCall, "sealed", `"x"`), []string{"/sealed is given by the ledger"}},
		{event(TypeCallCompleted, goodCall, "Rep", `"x"`), []string{`/Rep is no CloudEvents attribute: names have lower-case letters and digits only; did you mean "rep"?`}},
		{event(TypeCallCompleted, goodCall, "rep", `"`+long+`"`, "team", `7`), []string{"/team must be a string", "/rep must have at most 100"}},
		{event("call.complete", goodCall), []string{`/type is not known; did you mean "call.completed"?`}},
		{event("xyz", goodCall), []string{`/type is not known; known are alert.acknowledged, `}},
		{event(TypeCallCompleted, `[]`), []string{"/data must be an object, not a list"}},
		{event(TypeCallCompleted, `null`), []string{"/data must be an object, not null"}},
		{event(TypeCallCompleted, `{}`), []string{"/data/direction is required: Who called", "/data/outcome is required"}},
		{event(TypeCallCompleted, `{"direction":"up","outcome":"","secnds":1,"seconds":-1,"campaign":null,"person":{"email":"x","fone":1},"a/b~":1}`), []string{
			`/data/secnds is not known here; did you mean "seconds"?`, "/data/a~1b~0 is not known here; known are campaign, ",
			"/data/campaign must be a string, not null (leave", "/data/direction must be one of outbound, inbound",
			"/data/outcome must be one of", "/data/person/fone is not known here", "/data/person/email must be an e-mail", "/data/seconds must be from 0 to 86400",
		}},
		{event(TypeCallCompleted, `{"direction":"inbound","outcome":"busy","direction":"outbound"}`), []string{"/data/direction is given twice"}},
		{event(TypeCallCompleted, `{"direction":"inbound","outcome":"busy","person":{"name":"A","n\u0061me":"B"}}`), []string{"/data/person/name is given twice"}},
		{event(TypeCallCompleted, `{"direction":"inbound","outcome":"busy","seconds":1.5}`), []string{"/data/seconds must be a whole number without"}},
		{event(TypeCallCompleted, `{"direction":"inbound","outcome":"busy","seconds":9007199254740993}`), []string{"/data/seconds must be from"}},
		{event(TypeCallCompleted, `{"direction":"inbound","outcome":"busy","seconds":"5"}`), []string{"/data/seconds must be a whole number, not a string"}},
		{event(TypeCallCompleted, `{"direction":"inbound","outcome":"busy","source":"a\nb","note":"a\nb"}`), []string{"/data/source must not hold control"}},
		{event(TypeCallCompleted, `{"direction":"inbound","outcome":"busy","campaign":"`+long+`"}`), []string{"/data/campaign must have at most 100 characters"}},
		{event(TypePaymentReceived, `{"payment":"p","amount":"5"}`), []string{"/data/currency is required"}},
		{event(TypePaymentReceived, `{"payment":"p","amount":"5","currency":"usd"}`), []string{"/data/currency must be an ISO 4217"}},
		{event(TypePaymentReceived, `{"payment":"p","amount":"5","currency":"XXQ"}`), []string{"/data/currency must be an ISO 4217"}},
		{event(TypePaymentReceived, `{"payment":"p","amount":0,"currency":"USD"}`), []string{"/data/amount must be from 0.0001"}},
		{event(TypePaymentReceived, `{"payment":"p","amount":1.00001,"currency":"USD"}`), []string{"/data/amount is more than 4 fraction digits"}},
		{event(TypePaymentReceived, `{"payment":"p","amount":1e30,"currency":"USD"}`), []string{"/data/amount is beyond"}},
		{event(TypePaymentReceived, `{"payment":"p","amount":100000000000000,"currency":"USD"}`), []string{"/data/amount must be from"}},
		{event(TypePaymentReceived, `{"payment":"p","amount":true,"currency":"USD"}`), []string{"/data/amount must be a decimal number"}},
		{event(TypeLeadCaptured, `{"amount":"1"}`), []string{"/data/currency is required with amount"}},
		{event(TypeSignupCompleted, `{"signup":"s","role":"customer","recurring_amount":9,"upsell_taken":true}`), []string{
			"/data/currency is required with recurring_amount", "/data/recurring_interval is required with", "/data/upsell_offered must be true",
		}},
		{event(TypeAppointmentScheduled, `{"appointment":"a","starts_at":"2026-01-01T10:00:00Z","ends_at":"2026-01-01T10:00:00+00:00"}`), []string{"/data/ends_at must lie after starts_at"}},
		{event(TypeAppointmentScheduled, `{"appointment":"a","starts_at":"2026-01-01T10:00:00.5Z","ends_at":"2026-01-01T10:00:00Z"}`), []string{"/data/ends_at must lie after starts_at"}},
		{event(TypeAppointmentScheduled, `{"appointment":"a","starts_at":"1960-01-01T10:00:00Z"}`), []string{"/data/starts_at must lie in the years"}},
		{event(TypeTimeblockPlanned, `{"timeblock":"b","category":"admin","starts_at":1,"ends_at":"x","rrule":"often"}`), []string{
			"/data/ends_at must be an RFC 3339", "/data/rrule must be an RFC 5545", "/data/starts_at must be a string",
		}},
		{goal(`"target":9,"starts_on":"2026-01-01"`), []string{"/data/ends_on is required: Last day, local to the org: a goal without a date is a wish."}},
		{goal(`"target":9,"starts_on":"2026-02-30","ends_on":"1969-01-01"`), []string{"/data/ends_on must lie in the years", "/data/starts_on must be a date"}},
		{goal(`"target":0,"starts_on":"2026-02-01","ends_on":"2026-01-01","parent":"g"`), []string{
			"/data/target must be above 0", "/data/ends_on must not lie before 2026-02-01", "/data/parent must be another goal",
		}},
		{goal(`"target":0,"direction":"at_most","owner":"x",` + year[len(`"target":9,`):]), []string{"/data/owner must be left out"}},
		{goal(year + `,"curve":"monthly"`), []string{"/data/weights are required when curve is monthly"}},
		{goal(year + `,"curve":"monthly","weights":[0,-1]`), []string{"/data/weights/1 must not be below 0", "/data/weights must not all be 0"}},
		{goal(year + `,"curve":"monthly","weights":[1,1]`), []string{"/data/weights must hold one weight for each of the 12"}},
		{goal(year + `,"weights":[1]`), []string{"/data/curve is required with weights or markers"}},
		{goal(year + `,"curve":"season","weights":[1],"markers":[{"on":"2026-02-01","value":1}]`), []string{"/data/weights go with", "/data/markers go with"}},
		{goal(year + `,"curve":"markers"`), []string{"/data/markers are required"}},
		{goal(year + `,"curve":"markers","markers":[{"on":"2025-12-31","value":5},{"on":"2025-12-31","value":4},{"on":"2027-01-01","value":"x"},7]`), []string{
			"/data/markers/2/value is not a decimal", "/data/markers/3 must be an object", "/data/markers/1/on must lie after",
			"/data/markers/1/value must not be less", "/data/markers/0/on must lie from starts_on", "/data/markers/2/on must lie from",
		}},
		{event(TypeGoalRevised, `{"goal":"g","effective_on":"2026-01-01"}`), []string{"/data must change something"}},
		{event(TypeGoalRevised, `{"goal":"g","effective_on":"2026-01-01","target":0}`), nil},
		{event(TypeGoalRevised, `{"goal":"g","parent":"g","effective_on":"2026-03-01","ends_on":"2026-02-01","curve":"markers","markers":[{"on":"2026-03-01","value":1}]}`), []string{
			"/data/ends_on must not lie before", "/data/markers/0/on must not lie after", "/data/parent must be another",
		}},
		{event(TypePrioritySet, `{"owner_kind":"rep","starts_on":"2026-01-01","ends_on":"2026-03-31","priorities":[{"priority":"1"},{"priority":"2"},{"priority":"3"},{}]}`), []string{
			"/data/priorities/3/priority is required", "/data/priorities must have from 1 to 3 entries, not 4", "/data/owner is required when owner_kind is rep",
		}},
		{event(TypePartnerLinked, `{"partner":"me","shares":["goals","diary"]}`, "rep", `"me"`), []string{"/data/shares/1 must be one of goals", "/data/partner must be another rep"}},
		{event(TypeEventVoided, `{"event":"1","reason":"x"}`), []string{"/data/event must be another event"}},
		{event(TypeProspectErased, `{"person":{}}`), []string{"/data/person is required when"}},
		{event(TypeProspectErased, `{}`, "subject", `"a@example.com"`), nil},
		{event(TypeProspectLinked, `{"prospects":["+41 44 668 18 00"]}`), []string{"/data/prospects/0 must be a prospect id", "/data/prospects must have from 2"}},
		{event(TypeOrgConfigured, `{"zone":"Local","fiscal_year_start_month":13,"country":"Switzerland","week_start":"Monday","teams":{"a":7,"":"x","b":"y","b":"z"}}`), []string{
			"/data/country must be an ISO 3166", "/data/fiscal_year_start_month must be from 1 to 12",
			"/data/teams/ the key must not be empty", "/data/teams/a must be a string", "/data/teams/b is given twice", "/data/week_start must be one of monday", "/data/zone must be an IANA",
		}},
		{event(TypeOrgConfigured, `{}`), nil},
		{event(TypeForecastIssued, `{"forecast":"f","owner_kind":"org","metric":"Calls!","as_of":"2026-01-01","method":"m","spans":[{"starts_on":"2026-01-08","ends_on":"2026-01-01","p10":2,"p50":1,"p90":3}]}`), []string{
			"/data/metric must be a metric's name", "/data/spans must each end on or after",
		}},
		{event(TypeCallCompleted, goodCall, "traceparent", `"00-1"`, "dataschema", `"https://example.com/s"`, "anything", `7`), nil},
	} {
		_, violations := ParseStructured([]byte(tt.in))
		ok := len(violations) == len(tt.want)
		for i := 0; ok && i < len(tt.want); i++ {
			ok = strings.HasPrefix(violations[i].Pointer+" "+violations[i].Detail, tt.want[i])
		}
		if !ok {
			got := make([]string, 0, len(violations))
			for _, v := range violations {
				got = append(got, v.Pointer+" "+v.Detail)
			}
			t.Errorf("%.400s\n got %s\nwant %s", tt.in, strings.Join(got, "\n     "), strings.Join(tt.want, "\n     "))
		}
	}
}

func TestViolationsAreBounded(t *testing.T) {
	var data strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&data, `,"f%d":0`, i)
	}
	_, violations := ParseStructured([]byte(event(TypeCallCompleted, "{"+data.String()[1:]+"}")))
	if len(violations) != MaxViolations || !strings.HasPrefix(violations[MaxViolations-1].Detail, "there is more wrong") {
		t.Errorf("%d violations, last %v", len(violations), violations[len(violations)-1])
	}
	if _, violations = ParseStructured([]byte("{" + data.String()[1:] + "}")); len(violations) > MaxViolations {
		t.Errorf("%d violations", len(violations))
	}
}

func TestRejectedDraftStillNamesItsEvent(t *testing.T) {
	d, violations := ParseStructured([]byte(event(TypeCallCompleted, `{}`, "id", `"call-9"`)))
	if violations == nil || d.ID != "call-9" {
		t.Errorf("%q, %v", d.ID, violations)
	}
}

func TestParseBatch(t *testing.T) {
	for in, want := range map[string]int{
		`[]`: 0, ` [ {"a":[1,"]"]} , 2 ] `: 2, `[` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `,{}]`: 2,
	} {
		items, violations := ParseBatch([]byte(in))
		if len(items) != want || violations != nil || items == nil {
			t.Errorf("%s: %q, %v", in, items, violations)
		}
	}
	for _, in := range []string{``, `{}`, `[`, `[1,]`, `[1]2`, `[1 2]`, `["` + "\xff" + `"]`, strings.Repeat("[", 1000) + strings.Repeat("]", 1000)} {
		if items, violations := ParseBatch([]byte(in)); len(violations) != 1 || items != nil {
			t.Errorf("%.20s: %q, %v", in, items, violations)
		}
	}
}

func TestParseBinary(t *testing.T) {
	headers := map[string]string{
		"ce-specversion": "1.0", "ce-id": "a%20b%C3%A9", "ce-source": `"/x"`, "ce-type": TypeCallCompleted,
		"ce-rep": `"r\"7"`, "ce-time": "2026-01-01T00:00:00Z", "ce-other": "x",
	}
	get := func(name string) string { return headers[name] }
	d, violations := ParseBinary(get, "application/json; charset=utf-8", []byte(" "+goodCall+"\n"))
	want := Draft{
		ID: "a bé", Source: "/x", Type: TypeCallCompleted, Rep: `r"7`,
		Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Data: json.RawMessage(goodCall),
	}
	if diff := cmp.Diff(want, d); diff != "" || violations != nil {
		t.Errorf("%v\n%s", violations, diff)
	}
	for name, tt := range map[string]struct{ header, value, contentType, body, want string }{
		"type":     {"ce-type", "x", "", goodCall, "/type"},
		"escape":   {"ce-id", "%f", "", goodCall, "/id"},
		"UTF-8":    {"ce-id", "%ff", "", goodCall, "/id"},
		"reserved": {"ce-digest", "x", "", goodCall, "/digest"},
		"content":  {"", "", "text/plain", goodCall, "/datacontenttype"},
		"none":     {"", "", "", "", "/data"},
		"no JSON":  {"", "", "", "{", "/data"},
		"list":     {"", "", "", "[]", "/data"},
		"missing":  {"ce-id", "", "", goodCall, "/id"},
	} {
		get := func(name string) string {
			if name == tt.header {
				return tt.value
			}
			return headers[name]
		}
		_, violations := ParseBinary(get, tt.contentType, []byte(tt.body))
		if len(violations) == 0 || violations[0].Pointer != tt.want {
			t.Errorf("%s: %v, want %s", name, violations, tt.want)
		}
	}
}

func FuzzParseStructured(f *testing.F) {
	for _, typ := range Types() {
		f.Add(submitted(f, typ))
	}
	f.Add([]byte(`{"id":"\ud83d\ude00","data":{"a":[1e5,-0,true,null,"\u0000"]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, violations := ParseStructured(body)
		for _, v := range violations {
			if v.Detail == "" || !utf8.ValidString(v.Pointer) {
				t.Errorf("violation %+v", v)
			}
		}
		if violations != nil {
			return
		}
		if !json.Valid(body) {
			t.Fatal("not JSON, yet taken")
		}
		again, violations := d.Check()
		if diff := cmp.Diff(d, again); diff != "" || violations != nil {
			t.Errorf("checking is not idempotent: %v\n%s", violations, diff)
		}
		public, private, _ := d.Split()
		whole, err := Merge(public, private)
		if err != nil || !json.Valid(d.Canonical()) {
			t.Fatalf("%v: %s", err, d.Canonical())
		}
		if redone, violations := (Draft{ID: d.ID, Source: d.Source, Type: d.Type, Subject: d.Subject, Rep: d.Rep, Data: whole}).Check(); violations != nil {
			t.Errorf("split and merged %s: %v", redone.Data, violations)
		}
		wire, err := Encode(recorded(d))
		if d.Time.IsZero() {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(wire); err != nil {
			t.Fatal(err)
		}
	})
}
