package notify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"net/url"
	"strings"
	"time"
)

// email sends a message by SMTP: encrypted where the server can, and with a password over an encrypted connection only.
func (s Sender) email(ctx context.Context, secret Secret, m Message) (err error) {
	u, err := url.Parse(secret.URL)
	if err != nil {
		return fmt.Errorf("mail server: %w", ErrFinal) // the address may hold a password
	}
	body, err := composeMail(secret, m, s.Now())
	if err != nil {
		return fmt.Errorf("mail: %w: %w", err, ErrFinal)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"smtp": "587", "smtps": "465"}[u.Scheme]
	}
	conn, err := s.Guard.Dialer().DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	defer func() { _ = conn.Close() }() // closed by Quit when all went well
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	secure := &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
	if u.Scheme == "smtps" {
		conn = tls.Client(conn, secure)
	}
	c, err := smtp.NewClient(conn, u.Hostname())
	if err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	if err := handOver(c, u, secure, secret, body); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	_ = c.Quit() // the message is taken; how the server parts is its own affair
	return nil
}

// handOver goes through the steps of SMTP up to the server's word that it has the message.
func handOver(c *smtp.Client, u *url.URL, secure *tls.Config, secret Secret, body []byte) error {
	if ok, _ := c.Extension("STARTTLS"); ok && u.Scheme == "smtp" {
		if err := c.StartTLS(secure); err != nil {
			return err
		}
	}
	if password, given := u.User.Password(); given {
		if err := c.Auth(smtp.PlainAuth("", u.User.Username(), password, u.Hostname())); err != nil {
			return err
		}
	}
	if err := c.Mail(bare(secret.From)); err != nil {
		return err
	}
	for _, to := range secret.To {
		if err := c.Rcpt(bare(to)); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	_, err = w.Write(body)
	return errors.Join(err, w.Close())
}

// bare returns the address alone, without the name before it.
func bare(address string) string {
	if a, err := mail.ParseAddress(address); err == nil {
		return a.Address
	}
	return address
}

// composeMail writes a message as RFC 5322 and MIME have it. Its Message-ID follows from the message's id.
func composeMail(secret Secret, m Message, now time.Time) ([]byte, error) {
	sum := sha256.Sum256([]byte(m.ID))
	var b bytes.Buffer
	header := func(name, value string) {
		b.WriteString(name + ": " + strings.NewReplacer("\r", " ", "\n", " ").Replace(value) + "\r\n")
	}
	header("From", secret.From)
	header("To", strings.Join(secret.To, ", "))
	header("Subject", mime.QEncoding.Encode("utf-8", oneLine(m.Title)))
	header("Date", now.Format(time.RFC1123Z))
	header("Message-ID", "<"+hex.EncodeToString(sum[:16])+"@milemarker>")
	header("Auto-Submitted", "auto-generated")
	header("MIME-Version", "1.0")
	parts := multipart.NewWriter(&b)
	header("Content-Type", "multipart/alternative; boundary="+parts.Boundary())
	b.WriteString("\r\n")
	for _, part := range []struct{ media, text string }{{"text/plain", m.Text}, {"text/html", m.HTML}} {
		if part.text == "" {
			continue
		}
		w, err := parts.CreatePart(textproto.MIMEHeader{
			"Content-Type": {part.media + "; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"},
		})
		if err != nil {
			return nil, err
		}
		q := quotedprintable.NewWriter(w)
		if _, err := q.Write([]byte(part.text)); err != nil {
			return nil, err
		}
		if err := q.Close(); err != nil {
			return nil, err
		}
	}
	err := parts.Close()
	return b.Bytes(), err
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
