package notify

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// keyPrefix begins a signing key, as Standard Webhooks writes it.
const keyPrefix = "whsec_"

// signingKey reads a signing key: 24 to 64 bytes, as Standard Webhooks asks. (The library takes an empty one.)
func signingKey(text string) (*standardwebhooks.Webhook, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, keyPrefix))
	if err != nil || len(key) < 24 || len(key) > 64 {
		return nil, errors.New("must be whsec_ and 24 to 64 bytes in base64")
	}
	return standardwebhooks.NewWebhookRaw(key)
}

// webhook posts a message, signed as Standard Webhooks says. Redirects are not followed: the receiver is who was named.
func (s Sender) webhook(ctx context.Context, secret Secret, m Message) error {
	key, err := signingKey(secret.Key)
	if err != nil {
		return fmt.Errorf("signing key %w: %w", err, ErrFinal)
	}
	body, err := json.Marshal(struct {
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      any       `json:"data"`
	}{m.Type, m.At.UTC(), m.Data})
	if err != nil {
		return fmt.Errorf("webhook: %w: %w", err, ErrFinal)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, secret.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("webhook: %w: %w", err, ErrFinal)
	}
	now := s.Now()
	signature, err := key.Sign(m.ID, now, body)
	if err != nil {
		return fmt.Errorf("webhook: %w: %w", err, ErrFinal)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Milemarker")
	req.Header.Set(standardwebhooks.HeaderWebhookID, m.ID)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	client := s.Guard.Client()
	defer client.CloseIdleConnections()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("webhook: %w", withoutAddress(err))
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection ends well
	_ = resp.Body.Close()
	switch {
	case resp.StatusCode >= 200 && resp.StatusCode < 300:
		return nil
	case resp.StatusCode == http.StatusGone:
		return fmt.Errorf("the receiver answered %s: %w", resp.Status, ErrFinal)
	}
	return fmt.Errorf("the receiver answered %s", resp.Status)
}
