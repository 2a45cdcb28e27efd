package notify

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/discord"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/mattermost"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/rocketchat"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/slack"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/teams"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/telegram"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/ntfy"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/pushover"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"
)

// ChatServices names the services that a chat destination can be.
func ChatServices() []string {
	return []string{
		discord.Scheme, mattermost.Scheme, ntfy.Scheme, pushover.Scheme, rocketchat.Scheme, slack.Scheme, teams.Scheme,
		telegram.Scheme,
	}
}

// chatService returns the service of an address. Those whose host is part of the address dial by the guard. The others
// have one host for everybody, which is spoken to over TLS and so cannot be led elsewhere; services that have neither are
// not offered.
func chatService(address string, g Guard) (types.Service, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("must be the address of a chat service")
	}
	client := g.Client()
	var s types.Service
	adopt := func() {}
	switch u.Scheme {
	case discord.Scheme:
		s = &discord.Service{}
	case pushover.Scheme:
		s = &pushover.Service{}
	case slack.Scheme:
		s = &slack.Service{}
	case telegram.Scheme:
		s = &telegram.Service{}
	case teams.Scheme:
		s = &teams.Service{}
		if host := u.Query().Get("host"); !strings.HasSuffix(host, ".webhook.office.com") || strings.ContainsAny(host, "/:@?#") {
			return nil, errors.New("must name the host of a Teams webhook: host=example.webhook.office.com")
		}
	case mattermost.Scheme:
		service := &mattermost.Service{}
		s, adopt = service, func() { *service.GetHTTPClient() = *client }
	case ntfy.Scheme:
		service := &ntfy.Service{}
		s, adopt = service, func() { service.SetHTTPClient(client) }
	case rocketchat.Scheme:
		s = &rocketchat.Service{Client: client}
	default:
		return nil, fmt.Errorf("must be the address of one of %s", strings.Join(ChatServices(), ", "))
	}
	if err := s.Initialize(u, nil); err != nil {
		return nil, errors.New("is no address that " + u.Scheme + " understands: " + redacted(err, address))
	}
	adopt()
	return s, nil
}

// chat sends a message through a chat service.
func (s Sender) chat(secret Secret, m Message) error {
	service, err := chatService(secret.URL, s.Guard)
	if err != nil {
		return fmt.Errorf("chat address %w: %w", err, ErrFinal)
	}
	if err := service.Send(m.Title+"\n"+m.Text, &types.Params{}); err != nil {
		if errors.Is(err, ErrInternal) {
			return fmt.Errorf("chat: %w", ErrInternal)
		}
		return errors.New("chat: " + redacted(err, secret.URL))
	}
	return nil
}

// withoutAddress takes off an error what net/http puts around it: the whole address, secrets included.
func withoutAddress(err error) error {
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// redacted returns an error's text without anything that stands in an address and may be a secret.
func redacted(err error, address string) string {
	text := withoutAddress(err).Error()
	parts := strings.FieldsFunc(address, func(r rune) bool { return strings.ContainsRune(":/@?&=#,", r) })
	slices.SortFunc(parts, func(x, y string) int { return len(y) - len(x) })
	for _, part := range parts[:] {
		if len(part) > 5 && !slices.Contains(ChatServices(), part) {
			text = strings.ReplaceAll(text, part, "...")
		}
	}
	return text
}
