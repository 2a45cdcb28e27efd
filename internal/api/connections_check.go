package api

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"milemarker/internal/mapping"
	"milemarker/internal/providers"
)

// wantedConnection is a connection as it is asked for.
type wantedConnection struct {
	Provider  string            `json:"provider"`
	Name      string            `json:"name"`
	PublicURL string            `json:"public_url"`
	Region    string            `json:"region"`
	Zone      string            `json:"zone"`
	Settings  map[string]string `json:"settings"`
	Secret    string            `json:"secret"`
	Token     string            `json:"token"`
}

const (
	maxConnectionName = 100
	maxSecret         = 4000 // bytes; a certificate fits
	maxSetting        = 64 << 10
)

var region = regexp.MustCompile(`^[A-Z]{2}$`)

// faults says what is wrong with what was asked for.
func (w wantedConnection) faults(about providers.About, settings map[string]string) []fault {
	var faults []fault
	if len(w.Name) > maxConnectionName || strings.ContainsFunc(w.Name, unicode.IsControl) {
		faults = append(faults, at("/name", fmt.Sprintf("want one line of at most %d bytes", maxConnectionName)))
	}
	if w.Region != "" && !region.MatchString(w.Region) {
		faults = append(faults, at("/region", "want the two letters of a country, such as US"))
	}
	if _, err := time.LoadLocation(w.Zone); err != nil || w.Zone == "Local" {
		faults = append(faults, at("/zone", "want a time zone such as America/New_York"))
	}
	if w.Secret != "" {
		faults = append(faults, secretFaults(w.Secret)...)
	}
	if w.Token != "" && about.Token == nil {
		faults = append(faults, at("/token", "is of no use: nothing is ever fetched from "+about.Title))
	} else if w.Token != "" && len(secretFaults(w.Token)) > 0 {
		faults = append(faults, at("/token", fmt.Sprintf("want at most %d bytes, without space at either end", maxSecret)))
	}
	var names []string
	for _, s := range about.Settings {
		names = append(names, s.Name)
		if s.Required && settings[s.Name] == "" && s.Default == "" {
			faults = append(faults, at("/settings/"+s.Name, "is required: "+s.Help))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		switch {
		case !slices.Contains(names, name) && len(names) == 0:
			faults = append(faults, at("/settings/"+name, "is not known: "+about.Title+" has no settings"))
		case !slices.Contains(names, name):
			faults = append(faults, at("/settings/"+name, "is not known; there are: "+strings.Join(names, ", ")))
		case len(settings[name]) > maxSetting:
			faults = append(faults, at("/settings/"+name, fmt.Sprintf("want at most %d bytes", maxSetting)))
		case name == mapping.SettingName:
			faults = append(faults, mappingFaults(settings[name])...)
		}
	}
	return faults
}

// secretFaults says what is wrong with a secret that was given. It never repeats it.
func secretFaults(secret string) []fault {
	if len(secret) > maxSecret || secret != strings.TrimSpace(secret) {
		return []fault{at("/secret", fmt.Sprintf("want at most %d bytes, without space at either end", maxSecret))}
	}
	return nil
}
