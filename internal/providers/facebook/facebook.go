// Package facebook understands the webhooks of Facebook Lead Ads.
package facebook

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/form"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider is Facebook Lead Ads.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// About describes Facebook Lead Ads.
func (Provider) About() providers.About {
	return providers.About{
		Name: "facebook", Title: "Facebook Lead Ads", Category: providers.Form,
		Steps: []string{
			"At developers.facebook.com open your app, add the product Webhooks, choose Page and subscribe to this object.",
			"Paste {url} as the callback URL. The verify token is the last part of that URL, behind the last slash.",
			"Subscribe to the field leadgen, and subscribe your page to the app.",
			"Paste the app secret here, and a page access token with the permission leads_retrieval.",
		},
		Secret:   providers.Secret{Name: "app secret", Where: "In the app's settings under Basic."},
		Token:    &providers.Token{Name: "page access token", Where: "In the Graph API Explorer or Business settings: a token of the page with leads_retrieval."},
		Settings: form.Settings("facebook"),
		Kinds: []providers.Kind{{
			Name: "leadgen", Events: []string{events.TypeLeadCaptured}, Note: "details pending where there is no token",
		}},
		Verification: "HMAC-SHA256 of the body",
		Idempotency:  "id of the lead (leadgen_id)",
		Limits: []string{
			"A delivery holds ids only: name and number are fetched with the page access token.",
			"Page access tokens end; new leads are recorded without details until there is a new one.",
		},
		Confidence: providers.Documented,
		Hosts:      []string{"graph.facebook.com"},
		Redact:     providers.Redact{Query: []string{"hub.verify_token"}},
	}
}

func scheme() signature.HMAC {
	return signature.HMAC{
		Signature: signature.Place{Header: "X-Hub-Signature-256", Prefix: "sha256="}, Encoding: signature.Hex,
	}
}

// Verify checks the signature of the body.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	return scheme().Verify(d, secrets, now)
}

// challenge is what may be sent back: nothing that a browser could take for a page.
var challenge = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,200}$`)

// Handshake answers the request by which Facebook makes sure of the URL.
func (Provider) Handshake(d providers.Delivery, secrets providers.Secrets) (providers.Reply, bool) {
	u, err := url.Parse(d.URL)
	if d.Method != http.MethodGet || err != nil || !u.Query().Has("hub.challenge") {
		return providers.Reply{}, false
	}
	token := u.Query().Get("hub.verify_token")
	own := u.Path[strings.LastIndexByte(u.Path, '/')+1:]
	known := token != "" && token == own || signature.Equal(token, secrets) == nil
	if u.Query().Get("hub.mode") != "subscribe" || !known || !challenge.MatchString(u.Query().Get("hub.challenge")) {
		return providers.Reply{Status: http.StatusForbidden}, true
	}
	return providers.Reply{
		Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, Body: []byte(u.Query().Get("hub.challenge")),
	}, true
}

// Limits of one delivery.
const maxLeads = 100

var (
	leadID  = regexp.MustCompile(`^[0-9]{1,40}$`)
	errMany = errors.New("more than 100 leads")
)

// Translate tells of the leads that a delivery names, once their details are there.
func (Provider) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.JSON(in.Body)
	if err != nil {
		return providers.Output{}, err
	}
	leads, err := leads(body)
	if err != nil {
		return providers.Output{}, errors.Join(err, providers.ErrMalformed)
	}
	if len(leads) == 0 {
		return wire.Ignored("other", "", "tells of no lead"), nil
	}
	out := providers.Output{Kind: "leadgen"}
	var keys []string
	for _, lead := range leads {
		id := lead.Get("leadgen_id").Text()
		keys = append(keys, id)
		details, known := in.Details[id]
		if !known && !in.Pending {
			out.Wants = append(out.Wants, providers.Want{
				Name: id, Auth: providers.AuthQuery,
				URL: "https://graph.facebook.com/v25.0/" + id + "?fields=created_time,ad_name,campaign_name,form_id,platform,field_data",
			})
		}
		out.Events = append(out.Events, event(in, lead, details))
	}
	out.Key = strings.Join(keys, ",")
	return out, nil
}

// leads lists the leads of all changes of all entries, each once.
func leads(body wire.Value) ([]wire.Value, error) {
	var out []wire.Value
	seen := map[string]bool{}
	for _, entry := range body.Get("entry").List() {
		for _, change := range entry.Get("changes").List() {
			lead := change.Get("value")
			id := lead.Get("leadgen_id").Text()
			if change.Get("field").Text() != "leadgen" || !leadID.MatchString(id) || seen[id] {
				continue
			}
			if len(out) == maxLeads {
				return nil, errMany
			}
			seen[id] = true
			out = append(out, lead)
		}
	}
	return out, nil
}

// event is a lead; what is known of it without details is that there is one.
func event(in providers.Input, lead wire.Value, details []byte) providers.Event {
	s := form.Submission{ID: lead.Get("leadgen_id").Text(), At: wire.Happened(in.Received, wire.Time(lead.Get("created_time").Text(), in.Zone))}
	answer, err := wire.JSON(details)
	known := err == nil && answer.Get("field_data").IsList()
	if known {
		s.Answers = append(s.Answers, form.Answer{Names: []string{"campaign"}, Value: answer.First("campaign_name", "ad_name")})
		for _, f := range answer.Get("field_data").List() {
			var values []string
			for _, v := range f.Get("values").List() {
				values = append(values, v.Text())
			}
			s.Answers = append(s.Answers, form.Answer{
				Names: []string{strings.ReplaceAll(f.Get("name").Text(), "_", " "), f.Get("name").Text()}, Value: strings.Join(values, ", "),
			})
		}
	} else {
		s.Answers = append(s.Answers, form.Answer{Names: []string{"details pending, Facebook lead"}, Kind: form.Note, Value: s.ID})
	}
	e := s.Event(in, "facebook")
	e.Amends, e.Pending = known, !known
	return e
}
