package oauth

import (
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"net/http"
	"strings"

	"tidegate/simulator/org"
)

// SOAP login(): a session for a name and a password, without a connected app. Of
// the SOAP API this is all that there is, with logout() beside it.

const maxEnvelope = 1 << 20

// envelope is a SOAP request as far as it is understood. Names are matched whatever
// their prefix.
type envelope struct {
	Session string `xml:"Header>SessionHeader>sessionId"`
	Body    struct {
		Login *struct {
			Username string `xml:"username"`
			Password string `xml:"password"`
		} `xml:"login"`
		Logout *struct{} `xml:"logout"`
	} `xml:"Body"`
}

// soap serves /services/Soap/u/XX.X (partner) and /services/Soap/c/XX.X (enterprise).
func (s *Server) soap(w http.ResponseWriter, r *http.Request) {
	namespace := "urn:partner.soap.sforce.com"
	if r.PathValue("kind") == "c" {
		namespace = "urn:enterprise.soap.sforce.com"
	}
	version, _, _ := strings.Cut(r.PathValue("version"), "/") // the org's id may follow
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEnvelope))
	var in envelope
	if err == nil {
		err = xml.Unmarshal(body, &in)
	}
	switch {
	case err != nil:
		soapFault(w, namespace, "soapenv:Client", "UNKNOWN_EXCEPTION", "the request is no SOAP envelope", "")
	case in.Body.Login != nil:
		user := s.user(in.Body.Login.Username, in.Body.Login.Password)
		if user == "" {
			soapFault(w, namespace, "INVALID_LOGIN", "INVALID_LOGIN", "Invalid username, password, security token; or user locked out.", "LoginFault")
			return
		}
		s.mu.Lock()
		token := s.issue(nil, user, defaultScopes)
		s.mu.Unlock()
		soapAnswer(w, http.StatusOK, namespace, s.loggedIn(token, user, r.PathValue("kind"), version))
	case in.Body.Logout != nil:
		if _, ok := s.Check(in.Session); !ok {
			soapFault(w, namespace, "sf:INVALID_SESSION_ID", "INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session. Session not found, missing session key", "UnexpectedErrorFault")
			return
		}
		s.revokeToken(in.Session)
		soapAnswer(w, http.StatusOK, namespace, "<logoutResponse/>")
	default:
		soapFault(w, namespace, "soapenv:Client", "UNKNOWN_EXCEPTION", "this org knows login and logout only", "")
	}
}

// loggedIn is the body that answers a login.
func (s *Server) loggedIn(token, user, kind, version string) string {
	var name, email, username, company string
	s.org.Read(func(v org.View) {
		if r, ok := v.Get("User", user); ok {
			name, email, username = words(r, "Name"), words(r, "Email"), words(r, "Username")
		}
		if r, ok := v.Get("Organization", s.org.ID()); ok {
			company = words(r, "Name")
		}
	})
	address := s.instanceURL()
	at := kind + "/" + version + "/" + s.org.ID()[:15]
	return fmt.Sprintf(`<loginResponse><result><metadataServerUrl>%s/services/Soap/m/%s/%s</metadataServerUrl>`+
		`<passwordExpired>false</passwordExpired><sandbox>false</sandbox><serverUrl>%s/services/Soap/%s</serverUrl><sessionId>%s</sessionId><userId>%s</userId>`+
		`<userInfo><organizationId>%s</organizationId><organizationName>%s</organizationName><sessionSecondsValid>%d</sessionSecondsValid>`+
		`<userEmail>%s</userEmail><userFullName>%s</userFullName><userId>%s</userId><userName>%s</userName><userType>Standard</userType></userInfo></result></loginResponse>`,
		address, version, s.org.ID()[:15], address, at, token, user, s.org.ID(), html.EscapeString(company), int(s.cfg.SessionTimeout.Seconds()),
		html.EscapeString(email), html.EscapeString(name), user, html.EscapeString(username))
}

func soapAnswer(w http.ResponseWriter, status int, namespace, body string) {
	w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	w.WriteHeader(status)
	// A reader who left gets no second answer.
	_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="%s" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>%s</soapenv:Body></soapenv:Envelope>`,
		namespace, body)
}

func soapFault(w http.ResponseWriter, namespace, fault, code, message, detail string) {
	body := "<soapenv:Fault><faultcode>" + fault + "</faultcode><faultstring>" + code + ": " + message + "</faultstring>"
	if detail != "" {
		body += `<detail><sf:` + detail + ` xmlns:sf="urn:fault.partner.soap.sforce.com" xsi:type="sf:` + detail + `"><sf:exceptionCode>` + code +
			`</sf:exceptionCode><sf:exceptionMessage>` + message + `</sf:exceptionMessage></sf:` + detail + `></detail>`
	}
	soapAnswer(w, http.StatusInternalServerError, namespace, body+"</soapenv:Fault>")
}
