package providertest

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"testing"

	"milemarker/internal/providers"
)

// Fuzz sends anything at all, beginning with the fixtures. Nothing may panic, the only error is that a delivery cannot be
// read, every event stands, and the same delivery gives the same events. Without -fuzz it runs the fixtures.
func Fuzz(f *testing.F, s Suite) {
	f.Helper()
	s = s.withDefaults()
	names := map[string]bool{"Authorization": true}
	for _, d := range append(s.Deliveries, s.Unknown) {
		in := d.input(f)
		s.Sign(&in.Delivery, s.Secrets[0], Now())
		for name := range in.Header {
			names[name] = true
		}
		out, err := translate(s.Provider, in)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(in.Body, in.Header.Get("Content-Type"), "topic=x", out.State, in.Method == http.MethodGet)
		f.Add(in.Body[:len(in.Body)/2], "", "", []byte("{}"), false)
		f.Add(badTimes(in.Body), "text/plain", "%zz", []byte("["), false)
	}
	names["Content-Type"] = false
	settings := map[string]string{}
	for _, d := range s.Deliveries {
		maps.Copy(settings, d.Settings)
	}
	base := s.Deliveries[0].input(f)
	f.Fuzz(func(t *testing.T, body []byte, kind, query string, state []byte, get bool) {
		in := base
		in.Body, in.State, in.Settings = body, state, settings
		in.URL += "?" + query
		if get {
			in.Method = http.MethodGet
		}
		in.Header = http.Header{}
		in.Header.Set("Content-Type", kind)
		values, _ := url.ParseQuery(query)
		for name, wanted := range names {
			if wanted {
				in.Header.Set(name, values.Get(name))
			}
		}
		_ = s.Provider.Verify(in.Delivery, s.Secrets[:], Now())
		if shaker, ok := s.Provider.(providers.Handshaker); ok {
			shaker.Handshake(in.Delivery, s.Secrets[:])
		}
		if threader, ok := s.Provider.(providers.Threader); ok {
			threader.Thread(in.Delivery)
		}
		if certified, ok := s.Provider.(providers.Certified); ok {
			certified.Certificate(in.Delivery)
		}
		out, err := translate(s.Provider, in)
		if err != nil {
			if !errors.Is(err, providers.ErrMalformed) {
				t.Fatalf("%v, which is not ErrMalformed", err)
			}
			return
		}
		for _, fault := range Faults(out) {
			t.Error(fault)
		}
		if again, err := translate(s.Provider, in); err != nil || !reflect.DeepEqual(out, again) {
			t.Errorf("%+v became %+v, %v", out, again, err)
		}
	})
}
