package fakenacos

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	pb "github.com/nacos-group/nacos-sdk-go/v2/api/grpc"
	"google.golang.org/protobuf/types/known/anypb"
)

// The bodies on the wire, with exactly the fields that a real server sends. The types of the SDK
// omit some and add others.

type reply struct {
	ResultCode int    `json:"resultCode"`
	ErrorCode  int    `json:"errorCode"`
	Message    string `json:"message,omitempty"`
}

const (
	codeDisconnected = -401
	codeStarting     = 300 // as an error of a query: not found
	codeUnregistered = 301
	codeNoHandler    = 302
	codeBadRequest   = 400
	codeDenied       = 403
	codeFailed       = 500
	codeUnreadable   = 502
)

func ok() reply { return reply{ResultCode: 200} }

func fail(code int, message string) reply {
	return reply{ResultCode: 500, ErrorCode: code, Message: message}
}

type plainReply struct {
	reply
	Success bool `json:"success"`
}

type serverCheckReply struct {
	reply
	ConnectionID string `json:"connectionId"`
	Negotiates   bool   `json:"supportAbilityNegotiation"`
	Success      bool   `json:"success"`
}

type queryReply struct {
	reply
	Content          *string `json:"content,omitempty"`
	EncryptedDataKey *string `json:"encryptedDataKey,omitempty"`
	ContentType      string  `json:"contentType,omitempty"`
	MD5              *string `json:"md5,omitempty"`
	LastModified     int64   `json:"lastModified"`
	Tag              string  `json:"tag,omitempty"`
	Beta             bool    `json:"beta"`
	Success          bool    `json:"success"`
}

type changedConfig struct {
	Group  string `json:"group"`
	DataID string `json:"dataId"`
	Tenant *loose `json:"tenant,omitempty"`
}

type listenReply struct {
	reply
	Changed []changedConfig `json:"changedConfigs"`
	Success bool            `json:"success"`
}

type headers struct{}

type notifyRequest struct {
	Headers   headers `json:"headers"`
	RequestID string  `json:"requestId"`
	DataID    string  `json:"dataId"`
	Group     string  `json:"group"`
	Tenant    string  `json:"tenant,omitempty"` // omitted for the public namespace
	Module    string  `json:"module"`
}

type detectRequest struct {
	Headers   headers `json:"headers"`
	RequestID string  `json:"requestId"`
	Module    string  `json:"module"`
}

type resetRequest struct {
	Headers    headers `json:"headers"`
	RequestID  string  `json:"requestId"`
	ServerIP   string  `json:"serverIp,omitempty"`
	ServerPort string  `json:"serverPort,omitempty"`
	Module     string  `json:"module"`
}

type setupAckRequest struct {
	Headers   headers         `json:"headers"`
	Abilities map[string]bool `json:"abilityTable"`
	Module    string          `json:"module"`
}

type setupRequest struct {
	ClientVersion string            `json:"clientVersion"`
	Tenant        *loose            `json:"tenant"`
	Labels        map[string]string `json:"labels"`
	AbilityTable  map[string]any    `json:"abilityTable"`
}

type ackReply struct {
	ResultCode *int   `json:"resultCode"` // 200 if omitted
	RequestID  string `json:"requestId"`
}

// keyRequest has the common fields of query, publish and remove. A nil field was not sent.
type keyRequest struct {
	DataID *loose `json:"dataId"`
	Group  *loose `json:"group"`
	Tenant *loose `json:"tenant"`

	onePublic bool // "" and "public" are one namespace
}

func (r *keyRequest) unite() { r.onePublic = true }

func (r keyRequest) key() Key {
	if r.onePublic {
		return keyOf(str(r.Tenant), str(r.Group), str(r.DataID))
	}
	return Key{Namespace: str(r.Tenant), Group: str(r.Group), DataID: str(r.DataID)}
}

type queryRequest struct {
	keyRequest
	Tag *loose `json:"tag"`
}

type publishRequest struct {
	keyRequest
	Content  *loose            `json:"content"`
	CasMD5   loose             `json:"casMd5"`
	Addition map[string]*loose `json:"additionMap"`
}

type listenContext struct {
	keyRequest
	MD5 *loose `json:"md5"`
}

type listenRequest struct {
	Listen   *bool          `json:"listen"`
	Contexts listenContexts `json:"configListenContexts"`
}

func (r *listenRequest) unite() {
	for i := range r.Contexts.list {
		r.Contexts.list[i].unite()
	}
}

// listenContexts distinguishes null from a missing field.
type listenContexts struct {
	list []listenContext
	null bool
}

func (l *listenContexts) UnmarshalJSON(b []byte) error {
	l.null = b[0] == 'n'
	return json.Unmarshal(b, &l.list)
}

// loose is a string that may also be a number or a boolean, as the server's JSON library accepts
// it.
type loose string

func (l *loose) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '"':
		return json.Unmarshal(b, (*string)(l))
	case '{', '[':
		return errors.New("not a string")
	case 'n':
		return nil
	}
	*l = loose(b)
	return nil
}

func str(p *loose) string {
	if p == nil {
		return ""
	}
	return string(*p)
}

// The errors of an unreadable body, in the words of the server.
const (
	badJSON = "errCode: 101, errMsg: Nacos deserialize failed.  "
	noBody  = "Invalid request"
)

// decode reads one JSON object and ignores what follows it. It returns "" or the problem.
func decode(body []byte, into any) (problem string) {
	body = bytes.TrimLeft(body, " \t\r\n")
	switch {
	case bytes.HasPrefix(body, []byte("null")):
		return noBody
	case !bytes.HasPrefix(body, []byte("{")), !utf8.Valid(body):
		return badJSON
	}
	if json.NewDecoder(bytes.NewReader(body)).Decode(into) != nil {
		return badJSON
	}
	return ""
}

func encode(typ, ip string, body any) *pb.Payload {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil { // impossible: all fields are strings, numbers and booleans
		b.Reset()
		b.WriteString(`{"resultCode":500,"errorCode":500,"success":false}`)
	}
	return &pb.Payload{
		Metadata: &pb.Metadata{Type: typ, ClientIp: ip},
		Body:     &anypb.Any{Value: bytes.TrimRight(b.Bytes(), "\n")},
	}
}
