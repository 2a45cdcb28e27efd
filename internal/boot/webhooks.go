package boot

import "time"

// Webhooks says how providers' webhooks are taken in and translated.
type Webhooks struct {
	DeliveriesKeep time.Duration `name:"deliveries-keep" env:"MILEMARKER_DELIVERIES_KEEP" default:"720h" help:"How long what providers sent is kept, to be looked at and replayed."`
	TrustedProxies Networks      `name:"trusted-proxies" env:"MILEMARKER_TRUSTED_PROXIES" help:"Networks of the proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8; none by default."`
	HeldAfter      time.Duration `name:"held-after" env:"MILEMARKER_HELD_AFTER" default:"12h" help:"How long after its end an appointment counts as held when nobody said otherwise; 0 = nothing is inferred."`
}

// Public says under which address providers reach this installation.
type Public struct {
	URL string `name:"public-url" env:"MILEMARKER_PUBLIC_URL" help:"Public address under which webhooks arrive, such as https://hooks.example.com: connections' URLs begin with it."`
}
