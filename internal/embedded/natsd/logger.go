package natsd

import (
	"context"
	"fmt"
	"log/slog"
)

// logger hands the server's log to slog. What the server calls fatal is also passed on as an error: an embedded server
// must not end the process.
type logger struct {
	log   *slog.Logger
	fatal chan<- error
}

func (l *logger) Noticef(format string, args ...any) { l.write(slog.LevelDebug, format, args) }
func (l *logger) Warnf(format string, args ...any)   { l.write(slog.LevelWarn, format, args) }
func (l *logger) Errorf(format string, args ...any)  { l.write(slog.LevelError, format, args) }
func (l *logger) Debugf(format string, args ...any)  { l.write(slog.LevelDebug, format, args) }
func (l *logger) Tracef(format string, args ...any)  { l.write(slog.LevelDebug, format, args) }

// Fatalf keeps the first fatal error for Start.
func (l *logger) Fatalf(format string, args ...any) {
	l.write(slog.LevelError, format, args)
	select {
	case l.fatal <- fmt.Errorf(format, args...):
	default:
	}
}

func (l *logger) write(level slog.Level, format string, args []any) {
	ctx := context.Background()
	if l.log.Enabled(ctx, level) {
		l.log.Log(ctx, level, "nats server", "says", fmt.Sprintf(format, args...))
	}
}
