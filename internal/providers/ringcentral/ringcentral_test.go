package ringcentral_test

import (
	"flag"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/internal/providers"
	"milemarker/internal/providers/providertest"
	"milemarker/internal/providers/ringcentral"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	setup        = "telephony.setup.json"
	answered     = "telephony.answered.json"
	disconnected = "telephony.disconnected.json"
	first        = "p-a1b2c3d4e5f60718293a4b5c6d7e8f90-1"
	second       = "p-a1b2c3d4e5f60718293a4b5c6d7e8f90-2"
)

// ring turns a notification into one of an incoming call to the extension of a number.
func ring(name, file, party, extension string, more ...string) providertest.Delivery {
	return providertest.Delivery{Name: name, File: file, Replace: append([]string{
		first, party, `"direction": "Outbound"`, `"direction": "Inbound"`,
		`"extensionId": "809700245",
        "id"`, `"extensionId": "` + extension + `",
        "id"`,
		`"phoneNumber": "+12025550143"`, `"phoneNumber": "+13125550188", "extensionId": "` + extension + `"`, `"Avery Quinn"`, `"Rep ` + extension + `"`,
		`"phoneNumber": "+13125550188",
          "name": "Jordan Ames",
          "extensionId": "809700245"`, `"phoneNumber": "+12025550143", "name": "Avery Quinn"`,
	}, more...)}
}

func suite() providertest.Suite {
	return providertest.Suite{
		Provider:  ringcentral.New(),
		Sign:      func(d *providers.Delivery, secret string, _ time.Time) { d.Header.Set("Verification-Token", secret) },
		Uncovered: true,
		Deliveries: []providertest.Delivery{
			{Name: setup},
			{Name: answered},
			{Name: disconnected},
			{Name: "telephony.busy", File: disconnected, Replace: []string{`"code": "Disconnected"`, `"code": "Disconnected", "reason": "TargetBusy"`}},
			{Name: "telephony.voicemail", File: answered, Replace: []string{`"code": "Answered"`, `"code": "Voicemail"`}},
			{Name: "telephony.internal", File: disconnected, Replace: []string{`"phoneNumber": "+12025550143"`, `"extensionId": "809700999"`}},
			ring("queue.setup.1", setup, first, "501"),
			ring("queue.setup.2", setup, second, "502", `"sequence": 2`, `"sequence": 3`),
			ring("queue.answered.2", answered, second, "502"),
			ring("queue.missed.1", disconnected, first, "501", `"sequence": 9`, `"sequence": 5`, `T15:04:50.877Z",
    "parties"`, `T15:01:12.000Z",
    "parties"`),
			ring("queue.disconnected.2", disconnected, second, "502"),
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: `{"uuid":"1","event":"/restapi/v1.0/account/~/extension/~/presence","body":{"telephonySessionId":"s-1"}}`},
		Threads: [][]string{
			{setup, answered, disconnected},
			{setup, "telephony.voicemail", disconnected},
			{"queue.setup.1", "queue.setup.2", "queue.answered.2", "queue.missed.1", "queue.disconnected.2"},
		},
		Mends:  true,
		Update: *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }

func TestHandshake(t *testing.T) {
	const token = "3f1c2b7a-9d8e-4c5b-a6f7-0e1d2c3b4a59"
	d := providers.Delivery{Method: http.MethodPost, Header: http.Header{"Validation-Token": {token}}}
	reply, ok := ringcentral.New().Handshake(d, nil)
	want := providers.Reply{Header: http.Header{"Validation-Token": {token}, "Content-Type": {"application/json"}}}
	if diff := cmp.Diff(want, reply); !ok || diff != "" {
		t.Errorf("%v (-want +got):\n%s", ok, diff)
	}
	d.Body = []byte(`{"uuid":"1"}`)
	if _, ok := ringcentral.New().Handshake(d, nil); ok {
		t.Error("a delivery was taken for a handshake")
	}
	if err := ringcentral.New().Verify(d, providers.Secrets{token}, time.Time{}); err != nil {
		t.Errorf("the token under its older name: %v", err)
	}
}
