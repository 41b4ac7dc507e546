package rest

import (
	"maps"
	"net/http"
	"slices"

	"tidegate/simulator/org"
)

// maxPush is how many characters a notification of a generic channel may have.
const maxPush = 3000

// PushEvent is what somebody says on a generic streaming channel.
type PushEvent struct {
	Payload string   `json:"payload"`
	UserIDs []string `json:"userIds"` // none: everybody who listens
}

// pushed is what became of it. FanoutCount is -1 where it went to all listeners.
type pushed struct {
	FanoutCount      int             `json:"fanoutCount"`
	UserOnlineStatus map[string]bool `json:"userOnlineStatus"`
}

// channel is the name of the generic channel of the path.
func (c *call) channel() (string, error) {
	o := c.org.ObjectFor(c.caller.UserID, "StreamingChannel")
	if o == nil || c.Push == nil {
		return "", org.NotFound("The requested resource does not exist")
	}
	r, err := c.find(o, c.r.PathValue("id"))
	if err != nil {
		return "", err
	}
	name, _ := r.Value("Name").(string)
	return name, nil
}

// listeners answers who listens on a generic channel.
func (c *call) listeners() error {
	name, err := c.channel()
	if err != nil {
		return err
	}
	users := slices.Sorted(maps.Keys(c.Push(name, nil)))
	c.json(http.StatusOK, map[string]any{"OnlineUserIds": list(users), "ChannelName": name})
	return nil
}

// push says something on a generic channel.
func (c *call) push() error {
	name, err := c.channel()
	if err != nil {
		return err
	}
	var in struct {
		PushEvents []PushEvent `json:"pushEvents"`
	}
	if err := c.body(&in); err != nil {
		return err
	}
	for i, e := range in.PushEvents {
		if len([]rune(e.Payload)) > maxPush {
			return org.Refuse("STRING_TOO_LONG", "payload: data value too large (max length=3000)", "payload")
		}
		for k, user := range e.UserIDs {
			id, ok := org.NormalizeID(user)
			if !ok {
				return org.Refuse("MALFORMED_ID", "userIds: id value of incorrect type: "+user, "userIds")
			}
			in.PushEvents[i].UserIDs[k] = id
		}
	}
	online := c.Push(name, in.PushEvents)
	results := make([]pushed, 0, len(in.PushEvents))
	for _, e := range in.PushEvents {
		results = append(results, reached(e, online))
	}
	c.json(http.StatusOK, results)
	return nil
}

func reached(e PushEvent, online map[string]bool) pushed {
	result := pushed{UserOnlineStatus: map[string]bool{}}
	if len(e.UserIDs) == 0 && len(online) > 0 {
		result.FanoutCount = -1
	}
	for _, user := range e.UserIDs {
		result.UserOnlineStatus[user] = online[user]
		if online[user] {
			result.FanoutCount++
		}
	}
	return result
}
