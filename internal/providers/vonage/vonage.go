// Package vonage understands the event webhook of Vonage's Voice API.
package vonage

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider is Vonage.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// About describes Vonage.
func (Provider) About() providers.About {
	told := []string{events.TypeCallCompleted}
	return providers.About{
		Name: "vonage", Title: "Vonage Voice", Category: providers.Dialer,
		Steps: []string{
			"In the Vonage dashboard open the application, Voice, and paste {url} as Event URL, method HTTP POST.",
			"Switch on signed webhooks for the application.",
			"Copy the signature secret from the account's settings and paste it here.",
		},
		Secret: providers.Secret{Name: "signature secret", Where: "Vonage dashboard, API settings, signature secret (method HMAC-SHA256)."},
		Kinds: []providers.Kind{
			{Name: "completed", Events: told},
			{Name: "busy", Events: told},
			{Name: "cancelled", Events: told},
			{Name: "unanswered", Events: told},
			{Name: "timeout", Events: told},
			{Name: "rejected", Events: told},
			{Name: "failed", Events: told},
			{Name: "machine", Events: told, Note: "makes the call a voicemail, once it is over"},
		},
		Verification: "JSON Web Token, HS256, with the hash of the body",
		Idempotency:  "jti, else uuid and status",
		Limits: []string{
			"Deliveries by GET are refused: their token says nothing of what they tell.",
			"Each leg of a call that is passed on is told of by itself.",
			"The rep is known by the number only: give each rep's number in the rep's identities.",
		},
		Confidence: providers.Documented,
	}
}

// tolerance is ours: Vonage names none.
const tolerance = 5 * time.Minute

// Verify checks the token in the Authorization header, and that it is for this body.
func (Provider) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	claims, err := signature.JWT(signature.Bearer(d), secrets, now, tolerance)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(d.Body)
	if len(d.Body) == 0 || !strings.EqualFold(claims.Text("payload_hash"), hex.EncodeToString(sum[:])) { // no secret: it is signed
		return fmt.Errorf("payload_hash: %w", providers.ErrSignature)
	}
	return nil
}

// Thread names the leg of the call.
func (Provider) Thread(d providers.Delivery) string {
	body, err := wire.Read(d)
	if err != nil {
		return ""
	}
	return body.First("uuid", "call_uuid")
}
