package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tidegate/config"
	"tidegate/gateway"
	"tidegate/salesforce"
)

// wordsmith asks an endpoint that speaks the chat completions interface of
// OpenAI, as most servers of language models do.
type wordsmith struct {
	client     *http.Client
	url, model string
	key        string
}

// answerBytes bounds an answer. Twelve sentences are some kilobytes.
const answerBytes = 64 << 10

// newWordsmith returns nil where the operator has set up no endpoint, else it
// and the host that it asks. The guard lets through public https addresses,
// what is allowed anyway, and the very host and port of the address: this
// machine without TLS too.
func newWordsmith(cfg config.Config) (*wordsmith, string, error) {
	if cfg.SummaryURL == "" {
		return nil, "", nil
	}
	u, err := url.Parse(cfg.SummaryURL)
	if err != nil {
		return nil, "", fmt.Errorf("TIDEGATE_SUMMARY_URL: it cannot be read as an address")
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	allowed := append([]string{}, cfg.AllowedHosts...)
	if u.Port() != "" {
		allowed = append(allowed, net.JoinHostPort(u.Hostname(), port))
	}
	guard, err := salesforce.NewPublicGuard(allowed...)
	if err == nil {
		_, err = guard.CheckURL(cfg.SummaryURL)
	}
	if err != nil {
		return nil, "", errors.New("TIDEGATE_SUMMARY_URL: it must be https://HOST/PATH, https://HOST:PORT/PATH, or http://127.0.0.1:PORT/PATH on this machine")
	}
	return &wordsmith{
		client: guard.Client(), url: strings.TrimRight(cfg.SummaryURL, "/") + "/chat/completions", model: cfg.SummaryModel, key: cfg.SummaryKey,
	}, u.Host, nil
}

type chatMessage struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// Word asks one question. Redirects are not followed.
func (s *wordsmith) Word(ctx context.Context, system, user string) (string, error) {
	body, err := json.Marshal(map[string]any{
		"model": s.model, "temperature": 0, "max_tokens": 1200, "stream": false,
		"messages": []chatMessage{{"system", system}, {"user", user}},
	})
	if err != nil {
		return "", fmt.Errorf("making the question: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("making the request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Tidegate/"+version)
	if s.key != "" {
		req.Header.Set("Authorization", "Bearer "+s.key)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return "", &gateway.Error{Code: gateway.CodeUnavailable, Message: "The language model could not be reached in time.", Cause: withoutAddress(err)}
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		_, _ = io.CopyN(io.Discard, resp.Body, answerBytes) // so that the connection can be used again
		return "", refusal(resp)
	}
	return readAnswer(resp.Body)
}

// withoutAddress keeps what failed, and drops the address, which may name an
// inside host.
func withoutAddress(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// refusal makes an error of an answer that is none.
func refusal(resp *http.Response) error {
	e := &gateway.Error{Code: gateway.CodeUnavailable, Message: "The language model is not available.", Status: resp.StatusCode}
	switch {
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden:
		e.Code, e.Message = gateway.CodeUnauthorized, "The language model refused the key. An operator must look at TIDEGATE_SUMMARY_KEY."
	case resp.StatusCode == http.StatusTooManyRequests:
		e.Message = "The language model has too much to do."
	case resp.StatusCode < 500:
		e.Code, e.Message = gateway.CodeInvalid, "The language model did not take the question. An operator must look at TIDEGATE_SUMMARY_URL and TIDEGATE_SUMMARY_MODEL."
	}
	after := resp.Header.Get("Retry-After")
	if n, err := strconv.Atoi(after); err == nil && n > 0 && n < 1e6 {
		e.RetryAfter = time.Duration(n) * time.Second
	} else if at, err := http.ParseTime(after); err == nil {
		e.RetryAfter = max(0, time.Until(at))
	}
	return e
}

// readAnswer takes the text of the first choice.
func readAnswer(r io.Reader) (string, error) {
	raw, err := io.ReadAll(io.LimitReader(r, answerBytes+1))
	switch {
	case err != nil:
		return "", &gateway.Error{Code: gateway.CodeUnavailable, Message: "The language model broke off its answer.", Cause: err}
	case len(raw) > answerBytes:
		return "", gateway.Errorf(gateway.CodeInvalid, "The language model answered with too much.")
	}
	var answer struct {
		Choices []struct {
			Message chatMessage `json:"message"`
		} `json:"choices"`
	}
	if json.Unmarshal(raw, &answer) != nil || len(answer.Choices) == 0 {
		return "", gateway.Errorf(gateway.CodeInvalid, "The language model answered with something that cannot be read.")
	}
	return answer.Choices[0].Message.Content, nil
}
