package bayeux

import (
	"strconv"
	"strings"
)

// course is what to do after a reply or a broken link.
type course int

const (
	courseNone      course = iota // nothing recognized
	courseOn                      // all is well
	courseRetry                   // connect again with the same client id
	courseHandshake               // the session is gone or in doubt
	courseAuth                    // the token is refused
	courseKilled                  // the session was ended on purpose: new token, new session
	courseBusy                    // overloaded or out of quota: keep the token, wait long
	courseReplayLost
	courseRefused // this channel, for good
	courseVersion
	courseNoTransport // the connection type is not to be had
	courseDelivery    // our own side failed
)

// readings recognizes texts by what stayed the same in them over the years;
// the first that matches counts. Sources: Salesforce's error table and CometD's
// own spellings.
var readings = []struct {
	fragment string
	course   course
}{
	{"too busy", courseBusy},
	{"simultaneous connections", courseBusy},
	{"concurrent user limit", courseBusy},
	{"daily limit exceeded", courseBusy},
	{"subscription limit exceeded", courseBusy},
	{"unknown client", courseHandshake},
	{"session_unknown", courseHandshake},
	{"has not completed handshake", courseHandshake},
	{"no bayeux_browser cookie", courseHandshake},
	{"does not match the session's user id", courseHandshake},
	{"invalid connection type", courseNoTransport},
	{"unknown connection types", courseNoTransport},
	{"api version in the uri is mandatory", courseVersion},
	{"unsupported api version", courseVersion},
	{"provided replay id map", courseRefused},
	{"you provided was invalid", courseReplayLost},
	{"handshake denied", courseAuth},
	{"handshake_denied", courseAuth},
}

// reading judges one error text, "code:args:message" or plain words.
func reading(text string) course {
	lower := strings.ToLower(text)
	for _, r := range readings {
		if strings.Contains(lower, r.fragment) {
			return r.course
		}
	}
	switch errorCode(text) {
	case 401:
		return courseAuth
	case 402:
		// The standard's code for an unknown client, whatever the words.
		return courseHandshake
	case 503:
		return courseBusy
	}
	return courseNone
}

// errorCode is the number before the first colon, or 0.
func errorCode(text string) int {
	head, _, _ := strings.Cut(text, ":")
	code, err := strconv.Atoi(strings.TrimSpace(head))
	if err != nil {
		return 0
	}
	return code
}

// judge decides what a reply means: the nested failure reason first, because
// the error beside it can be an unrelated one; then the error; then the
// advice. The text is the one that decided.
func judge(m *message) (course, string) {
	adviceSays := m.parsedAdvice().Reconnect
	if m.successful {
		return judgeSuccess(m, adviceSays)
	}
	reason := m.failureReason()
	if c := reading(reason); c != courseNone {
		return c, reason
	}
	words := m.errText
	if words == "" {
		words = reason
	}
	if c := reading(words); c != courseNone {
		// An unknown client that may not return was sent away; the other
		// reasons for a new handshake (code 400) are slips of ours.
		if c == courseHandshake && adviceSays == "none" && errorCode(words) != 400 {
			return courseKilled, words
		}
		return c, words
	}
	if words == "" {
		words = "refused without a reason"
	}
	return judgeUnknown(m, adviceSays), words
}

// judgeSuccess: only a connect's advice can end a session that works. In a
// handshake reply "handshake" would mean a storm.
func judgeSuccess(m *message, adviceSays string) (course, string) {
	if m.channel != metaConnect {
		return courseOn, ""
	}
	switch adviceSays {
	case "handshake":
		return courseHandshake, "the server advised a new handshake"
	case "none":
		return courseKilled, "the server advised not to reconnect"
	}
	return courseOn, ""
}

// judgeUnknown falls back on advice for texts nobody has seen before.
func judgeUnknown(m *message, adviceSays string) course {
	if m.channel == metaSubscribe {
		if code := errorCode(m.errText); code >= 500 {
			return courseBusy
		}
		return courseRefused
	}
	switch adviceSays {
	case "retry":
		return courseRetry
	case "none":
		if m.channel == metaHandshake {
			return courseAuth
		}
		return courseKilled
	}
	return courseHandshake
}
