package twilio_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"flag"
	"net/url"
	"slices"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/providertest"
	"milemarker/internal/providers/twilio"
)

var update = flag.Bool("update", false, "write the golden files anew")

const fixture = "status_callback.completed.form"

func suite() providertest.Suite {
	return providertest.Suite{
		Provider: twilio.New(),
		Sign:     sign,
		Deliveries: []providertest.Delivery{
			{Name: fixture},
			{Name: "dial_action.form"},
			{Name: "status_callback.dialled", File: fixture, Replace: []string{
				"CA5d0b7f6a1c3e49b28f7a60e4d9c2b135", "CA6b7c8d9e0f1a42b3c4d5e6f708192a3b", "outbound-api", "inbound",
			}},
			{Name: "recording_status.form"},
			{Name: "status_callback.ringing", File: fixture, Replace: []string{"CallStatus=completed", "CallStatus=ringing"}},
			{Name: "status_callback.machine", File: fixture, Replace: []string{"AnsweredBy=human", "AnsweredBy=machine_end_beep"}},
			{Name: "status_callback.fax", File: fixture, Replace: []string{"AnsweredBy=human", "AnsweredBy=fax"}},
			{Name: "status_callback.busy", File: fixture, Replace: []string{"CallStatus=completed", "CallStatus=busy", "CallDuration=219", "CallDuration=0"}},
			{Name: "status_callback.no-answer", File: fixture, Replace: []string{"CallStatus=completed", "CallStatus=no-answer"}},
			{Name: "status_callback.failed", File: fixture, Replace: []string{"CallStatus=completed", "CallStatus=failed"}},
			{Name: "status_callback.anonymous", File: fixture, Replace: []string{"Direction=outbound-api", "Direction=inbound", "From=%2B13125550188", "From=%2B266696687"}},
			{Name: "status_callback.child", File: fixture, Replace: []string{"SequenceNumber=3", "SequenceNumber=3&ParentCallSid=CA00"}},
			{Name: "status_callback.child-counts", File: fixture, Settings: map[string]string{"legs": "child"}, Replace: []string{
				"SequenceNumber=3", "SequenceNumber=3&ParentCallSid=CA00", "From=%2B13125550188", "From=client%3Ajordan",
			}},
			{Name: "status_callback.get", File: fixture, Method: "GET", URL: "https://milemarker.example/hooks/conn_1?CallSid=CA77&CallStatus=completed" +
				"&Direction=inbound&From=%2B12025550143&To=%2B13125550188&CallDuration=12&SequenceNumber=0"},
		},
		Unknown:  providertest.Delivery{Name: "unknown", Body: "MessageSid=SM1&MessageStatus=sent", ContentType: "application/x-www-form-urlencoded"},
		Threads:  [][]string{{"status_callback.dialled", "dial_action.form"}},
		Personal: []string{"2025550143"},
		Mends:    true,
		Update:   *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }

// sign is written after Twilio's description, apart from what Verify does.
func sign(d *providers.Delivery, secret string, _ time.Time) {
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(d.URL))
	form, _ := url.ParseQuery(string(d.Body))
	var names []string
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		mac.Write([]byte(name + form.Get(name)))
	}
	d.Header.Set("X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

func TestThePortMayBeSignedOrNot(t *testing.T) {
	secrets := providers.Secrets{"3b5c7d9e1f2a4b6c8d0e1f2a3b4c5d6e"}
	for given, signed := range map[string]string{
		"https://mm.example/hooks/c?x=1":      "https://mm.example:443/hooks/c?x=1",
		"https://mm.example:443/hooks/c?x=1":  "https://mm.example/hooks/c?x=1",
		"http://mm.example/hooks/c":           "http://mm.example:80/hooks/c",
		"https://mm.example:8443/hooks/c?x=1": "https://mm.example:8443/hooks/c?x=1",
	} {
		d := providers.Delivery{Method: "POST", URL: signed, Header: map[string][]string{}, Body: []byte("CallSid=CA1&Empty=")}
		sign(&d, secrets[0], time.Time{})
		d.URL = given
		if err := twilio.New().Verify(d, secrets, time.Time{}); err != nil {
			t.Errorf("%s signed as %s: %v", given, signed, err)
		}
		d.URL = "https://elsewhere.example/hooks/c"
		if err := twilio.New().Verify(d, secrets, time.Time{}); err == nil {
			t.Errorf("%s taken for %s", signed, d.URL)
		}
	}
}
