package hooks

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"milemarker/internal/connections"
	"milemarker/internal/deliveries"
	"milemarker/internal/problem"
	"milemarker/internal/providers"
)

// keep stores the delivery and says so once it is durable.
func (s *server) keep(
	w http.ResponseWriter, r *http.Request, conn connections.Connection, d providers.Delivery, secrets providers.Secrets,
	remote string, status int,
) error {
	kept := deliveries.Request{
		Method: d.Method, URL: conn.URL, Header: storable(d.Header, secrets), Remote: remote, Received: d.Received.UTC(), Body: d.Body,
	}
	if r.URL.RawQuery != "" {
		kept.URL += "?" + without(r.URL.RawQuery, secrets)
	}
	data, err := deliveries.Encode(kept)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.cfg.Timeout)
	defer cancel()
	position, err := s.deps.Deliveries.Keep(ctx, conn.Org, conn.ID, data)
	if err != nil {
		return err
	}
	w.Header().Set("Milemarker-Delivery", strconv.FormatUint(uint64(position), 10))
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(statusOr(status))
	return nil
}

func statusOr(status int) int {
	if status == 0 {
		return http.StatusOK
	}
	return status
}

// storable is a header without secrets: what the request was verified with is not needed any more.
func storable(h http.Header, secrets providers.Secrets) http.Header {
	h = h.Clone()
	h.Del("Cookie")
	for _, values := range h {
		for i, v := range values {
			if scheme, _, ok := strings.Cut(v, " "); ok && strings.EqualFold(scheme, "Basic") {
				v = scheme + " " + leftOut
			}
			values[i] = without(v, secrets)
		}
	}
	return h
}

// leftOut stands where a secret was.
const leftOut = "(left-out)"

// without is a text without the connection's secrets, as they are or as a query spells them.
func without(text string, secrets providers.Secrets) string {
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, leftOut)
		text = strings.ReplaceAll(text, url.QueryEscape(s), leftOut)
	}
	return text
}

// later is a problem that passes by itself.
func later(w http.ResponseWriter, status int, wait time.Duration, detail string) error {
	seconds := strconv.Itoa(max(1, int((wait+time.Second-1)/time.Second)))
	w.Header().Set("Retry-After", seconds)
	p := problem.New(status, detail)
	p.Mend = "Send it again after " + seconds + " s."
	return p
}
