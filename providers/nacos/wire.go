package nacos

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"strconv"
	"time"
)

// The bodies on the wire. The SDK's own types would add its logger.

const (
	typeServerCheck  = "ServerCheckRequest"
	typeSetup        = "ConnectionSetupRequest"
	typeHealthCheck  = "HealthCheckRequest"
	typeListen       = "ConfigBatchListenRequest"
	typeQuery        = "ConfigQueryRequest"
	typePublish      = "ConfigPublishRequest"
	typeRemove       = "ConfigRemoveRequest"
	typeNotify       = "ConfigChangeNotifyRequest"
	typeDetection    = "ClientDetectionRequest"
	typeConnectReset = "ConnectResetRequest"
	typeSetupAck     = "SetupAckRequest"

	// The fuzzy watch of a Nacos 3, and its pushes.
	typeWatch     = "ConfigFuzzyWatchRequest"
	typeWatchSync = "ConfigFuzzyWatchSyncRequest"
	typeWatchNews = "ConfigFuzzyWatchChangeNotifyRequest"
)

// answerTypes are the types of successful answers. Another type (from a proxy, or an error with
// status 200) must not be taken for an empty answer.
var answerTypes = map[string]string{
	typeListen:  "ConfigChangeBatchListenResponse",
	typeQuery:   "ConfigQueryResponse",
	typePublish: "ConfigPublishResponse",
	typeRemove:  "ConfigRemoveResponse",
	typeWatch:   "ConfigFuzzyWatchResponse",
}

// The values of a server's errorCode and resultCode.
const (
	codeSuccess      = 200
	codeNotFound     = 300 // in an answer to a query; as an error of the whole server it means "starting"
	codeUnregistered = 301
	codeNoHandler    = 302
	codeBadRequest   = 400 // for a query also: the config is being modified
	codeDenied       = 403
	codeDuplicate    = 409
	codeFailed       = 500
	codeBusy         = 503 // over its limit of requests

	codePatterns = 50310 // clients watch too many patterns
	codeMatches  = 50311 // too many configs match a pattern
)

type reply struct {
	ResultCode int    `json:"resultCode"`
	ErrorCode  int    `json:"errorCode"`
	Message    string `json:"message"`
}

func (r reply) status() reply { return r }

// answer is a body with a status.
type answer interface{ status() reply }

type setupRequest struct {
	ClientVersion string            `json:"clientVersion"`
	Tenant        string            `json:"tenant"`
	Labels        map[string]string `json:"labels"`
	// Abilities makes a server confirm the set-up with its own abilities. It is nil for a server
	// that does not negotiate them.
	Abilities map[string]bool `json:"abilityTable,omitempty"`
	Module    string          `json:"module"`
}

// checkReply is the answer of a server to its check.
type checkReply struct {
	reply
	Negotiates bool `json:"supportAbilityNegotiation"`
}

// abilityWatch is the ability of a server that knows the fuzzy watch. A client has it too.
const abilityWatch = "fuzzyWatch"

type setupAck struct {
	Abilities map[string]bool `json:"abilityTable"`
}

type emptyRequest struct {
	Module string `json:"module"`
}

type keyRequest struct {
	DataID string `json:"dataId"`
	Group  string `json:"group"`
	Tenant string `json:"tenant"`
	Module string `json:"module"`
}

func about(k Key) keyRequest {
	return keyRequest{DataID: k.DataID, Group: k.Group, Tenant: k.Namespace, Module: "config"}
}

// listenRequest names all keys, and the session sends one every 30 s. It has no slice of its
// contexts and encodes them one by one, since a [json.Encoder] would need a second buffer of the
// size of the message.
type listenRequest struct {
	listen   bool
	contexts iter.Seq[listenContext]
}

// aroundContext is the approximate number of JSON bytes around the names of a listenContext.
const aroundContext = len(`,{"dataId":"","group":"","tenant":"","md5":""}`) + 1

func (r listenRequest) encode(b *bytes.Buffer, e *json.Encoder) error {
	room := 0
	for c := range r.contexts {
		room += len(c.DataID) + len(c.Group) + len(c.Tenant) + len(c.MD5) + aroundContext
	}
	const head = `,"module":"config","configListenContexts":[`
	b.Grow(room + 2*len(head))
	b.WriteString(`{"listen":` + strconv.FormatBool(r.listen) + head)
	between := ""
	var one listenContext
	for one = range r.contexts {
		b.WriteString(between)
		if err := e.Encode(&one); err != nil {
			return err
		}
		between = ","
	}
	b.WriteString("]}")
	return nil
}

type listenContext struct {
	DataID string `json:"dataId"`
	Group  string `json:"group"`
	Tenant string `json:"tenant"`
	MD5    string `json:"md5"`
}

type listenReply struct {
	reply
	Changed []changedConfig `json:"changedConfigs"`
}

type changedConfig struct {
	DataID string `json:"dataId"`
	Group  string `json:"group"`
}

type queryReply struct {
	reply
	Content      *string `json:"content"`
	ContentType  string  `json:"contentType"`
	MD5          string  `json:"md5"`
	LastModified int64   `json:"lastModified"`
}

func (q queryReply) modified() time.Time { return serverTime(q.LastModified) }

// lastTime is the end of the year 9998. A later time is not a real one, and JSON has no form for
// it.
var lastTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

// serverTime returns the time of a server, which is in milliseconds, or zero if the server has
// none.
func serverTime(ms int64) time.Time {
	if ms <= 0 || ms >= lastTime {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

type publishRequest struct {
	keyRequest
	Content  string            `json:"content"`
	CasMD5   string            `json:"casMd5"`
	Addition map[string]string `json:"additionMap"`
}

type removeRequest struct {
	keyRequest
	Tag string `json:"tag,omitempty"`
}

// watchRequest asks for the configs that match a pattern, and for news of them.
type watchRequest struct {
	Pattern  string   `json:"groupKeyPattern"`
	Received []string `json:"receivedGroupKeys"`
	Type     string   `json:"watchType"`
	// First makes the server send an end after all that differs, also if nothing does.
	First  bool   `json:"initializing"`
	Module string `json:"module"`
}

// The types of a watchRequest, and of the pushes.
const (
	watchStart  = "WATCH"
	watchCancel = "CANCEL_WATCH"
	watchEnd    = "FINISH_FUZZY_WATCH_INIT_NOTIFY"
	watchGone   = "DELETE_CONFIG"
)

// watchSync is a push with what differs from what a client has received of a pattern.
type watchSync struct {
	Pattern  string `json:"groupKeyPattern"`
	Type     string `json:"syncType"`
	Contexts []struct {
		Name string `json:"groupKey"`
		Type string `json:"changedType"`
	} `json:"contexts"`
}

// watchNews is a push about one config, without the pattern that it matches.
type watchNews struct {
	Name string `json:"groupKey"`
	Type string `json:"changeType"`
}

// push is any message of the server on the stream.
type push struct {
	RequestID  string `json:"requestId"`
	DataID     string `json:"dataId"`
	Group      string `json:"group"`
	ServerIP   string `json:"serverIp"`
	ServerPort string `json:"serverPort"`
}

type ackReply struct {
	ResultCode int    `json:"resultCode"`
	RequestID  string `json:"requestId"`
	Success    bool   `json:"success"`
}

var errBody = errors.New("the answer does not follow the protocol")

// decode reads a body. It drops the decoder's own error, which may quote the content.
func decode(body []byte, into any) error {
	if len(bytes.TrimSpace(body)) == 0 || json.Unmarshal(body, into) != nil {
		return errBody
	}
	return nil
}

func encode(typ string, body any) (message, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	var err error
	if l, ok := body.(listenRequest); ok {
		err = l.encode(&b, e)
	} else {
		err = e.Encode(body)
	}
	if err != nil {
		return message{}, errBody
	}
	return message{Type: typ, Body: bytes.TrimRight(b.Bytes(), "\n")}, nil
}
