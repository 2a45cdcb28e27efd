package clickhouse

import (
	"errors"
	"fmt"
	"strings"

	"milemarker/internal/embedded/clickhouse/libchdb"
)

// Error codes of ClickHouse that we raise ourselves.
const (
	codeCannotReadBody   = 23
	codeBadArguments     = 36
	codeNotImplemented   = 48
	codeSyntaxError      = 62
	codeUnknownSetting   = 115
	codeReadOnly         = 164
	codeAuthentication   = 516
	codeUnknownException = 1002
)

var codeNames = map[int]string{ //nolint:gochecknoglobals // a constant in all but syntax
	codeCannotReadBody:   "CANNOT_READ_FROM_ISTREAM",
	codeBadArguments:     "BAD_ARGUMENTS",
	codeNotImplemented:   "NOT_IMPLEMENTED",
	codeSyntaxError:      "SYNTAX_ERROR",
	codeUnknownSetting:   "UNKNOWN_SETTING",
	codeReadOnly:         "READONLY",
	codeAuthentication:   "AUTHENTICATION_FAILED",
	codeUnknownException: "UNKNOWN_EXCEPTION",
}

// exception makes an error that reads like the engine's own.
func exception(code int, format string, args ...any) error {
	return &libchdb.Error{
		Code:    code,
		Message: fmt.Sprintf("Code: %d. DB::Exception: %s. (%s)", code, fmt.Sprintf(format, args...), codeNames[code]),
	}
}

// asException makes an exception of any error.
func asException(err error) *libchdb.Error {
	var e *libchdb.Error
	if errors.As(err, &e) && e.Code != 0 {
		return e
	}
	errors.As(exception(codeUnknownException, "%v", err), &e)
	return e
}

// exceptionFrame is how an exception stands in a body that has begun already:
// after the data, between markers.
func exceptionFrame(err error) []byte {
	const marker, tag = "__exception__", "milemarkerengine" // 16 bytes, as a server's are
	message := strings.TrimRight(asException(err).Message, "\n") + "\n"
	return fmt.Appendf(nil, "\r\n%s\r\n%s\r\n%s%d %s\r\n%s\r\n", marker, tag, message, len(message), tag, marker)
}
