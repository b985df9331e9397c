"""Shared by the three drivers: makes requests with http.client, records what came back, and
replaces what differs from run to run (base URL, ids, times, keys) by placeholders."""
import base64, hashlib, hmac, http.client, json, os, re, socket, sys, time, urllib.parse, email.utils

GUID = re.compile(r'(?<![0-9a-fA-F])[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(?![0-9a-fA-F])')
HEX32 = re.compile(r'(?<![0-9a-zA-Z])[0-9a-f]{32}(?![0-9a-zA-Z])')
TRACE = re.compile(r'00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-9a-f]')
# Only times of about now are replaced; the probes' own literals (2024, 2065, 2099) stay as the host gave them back.
NOW = '(?:%s)' % '|'.join(str(time.gmtime().tm_year + i) for i in (-1, 0, 1))
ISO = re.compile(NOW + r'-\d\d-\d\d([T ]|%20)\d\d(?::|%3[aA])\d\d(?::|%3[aA])\d\d(\.\d+)?(Z|(?:[+-]|%2[bB])\d\d:?\d\d)?')
US = re.compile(r'\b\d{1,2}/\d{1,2}/' + NOW + r' \d{1,2}:\d\d:\d\d( [AP]M)?( [+-]\d\d:\d\d)?')
RFC = re.compile(r'(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} ' + NOW + r' \d\d:\d\d:\d\d GMT')
CODE = re.compile(r'((?:code|systemkey)=)[A-Za-z0-9_\-=%]{20,}')
SKIP = {'date'}


def load_settings(here):
    try:
        with open(os.path.join(here, 'local.settings.json')) as f:
            return json.load(f).get('Values', {})
    except OSError:
        return {}


class Norm:
    def __init__(self, base):
        self.u = urllib.parse.urlsplit(base)
        self.keep = set()
        self.pairs = []           # (literal text, placeholder), tried first
        self.subs = []            # (regex, replacement), tried after the literals

    def __call__(self, s):
        if not isinstance(s, str):
            return s
        for a, b in self.pairs:
            if a:
                s = s.replace(a, b)
        for r, b in self.subs:
            s = r.sub(b, s)
        net = self.u.netloc
        s = s.replace(net, 'HOST:PORT').replace(urllib.parse.quote(net, safe=''), 'HOST%3APORT')
        s = re.sub(r'(localhost|127\.0\.0\.1|\[::1\]):%d(?!\d)' % (self.u.port or 80), 'HOST:PORT', s)
        s = TRACE.sub('<traceparent>', s)
        seen = {}

        def num(m):
            t = m.group(0)
            if t in self.keep:
                return t
            return '<id%d>' % seen.setdefault(t.lower(), len(seen) + 1)
        s = GUID.sub(num, s)
        s = HEX32.sub(num, s)
        s = ISO.sub(lambda m: '<time%s%s%s>' % (m.group(1), '.f' if m.group(2) else '', m.group(3) or ''), s)
        s = US.sub('<time US>', s)
        s = RFC.sub('<date>', s)
        s = CODE.sub(r'\1<code>', s)
        return s


def deep(n, v):
    if isinstance(v, dict):
        return {n(k): deep(n, x) for k, x in v.items()}
    if isinstance(v, list):
        return [deep(n, x) for x in v]
    return n(v)


class Probe:
    def __init__(self, base, out):
        self.base = base.rstrip('/')
        self.u = urllib.parse.urlsplit(self.base)
        self.out = out
        self.norm = Norm(self.base)
        self.rows = []
        self.only = os.environ.get('PROBE_ONLY')
        self.t0 = time.time()

    # -- low level -------------------------------------------------------
    def send(self, method, path, headers=(), body=None, chunked=None, timeout=30, host=None):
        c = http.client.HTTPConnection(self.u.hostname, self.u.port, timeout=timeout)
        try:
            c.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            names = {k.lower() for k, _ in headers}
            if 'host' not in names:
                c.putheader('Host', host or self.u.netloc)
            if isinstance(body, str):
                body = body.encode()
            for k, v in headers:
                if isinstance(v, str):
                    v = v.encode('latin-1')
                c.putheader(k, v)
            if chunked is not None:
                if 'transfer-encoding' not in names:
                    c.putheader('Transfer-Encoding', 'chunked')
                c.endheaders()
                for part in chunked:
                    c.send(b'%x\r\n' % len(part) + part + b'\r\n')
                c.send(b'0\r\n\r\n')
            else:
                if body is not None and 'content-length' not in names:
                    c.putheader('Content-Length', str(len(body)))
                c.endheaders()
                if body:
                    c.send(body)
            r = c.getresponse()
            data = r.read()
            return r, data
        finally:
            c.close()

    # -- recorded --------------------------------------------------------
    def req(self, name, method, path, headers=(), body=None, chunked=None, timeout=30, show=None,
            record=True, parse=None, note=None):
        """One request, recorded. parse: a function over the parsed JSON body, applied before it is recorded."""
        headers = list(headers.items()) if isinstance(headers, dict) else list(headers)
        row = {'name': self.norm(name), 'request': self.norm('%s %s' % (method, path))}
        if note:
            row['note'] = note
        if headers:
            row['request_headers'] = [self.norm('%s: %s' % (k, v if isinstance(v, str) else v.decode('latin-1'))) for k, v in headers]
        if body is not None or chunked is not None:
            b = body if body is not None else b''.join(chunked)
            b = b.encode() if isinstance(b, str) else b
            row['request_body'] = self.text(b)
            if chunked is not None:
                row['request_chunks'] = len(chunked)
        js = None
        data = b''
        status = None
        hd = {}
        try:
            r, data = self.send(method, path, headers, body, chunked, timeout)
            status = r.status
            row['status'] = r.status
            row['reason'] = r.reason
            row['version'] = r.version
            row['headers'] = sorted([[k, self.norm(v)] for k, v in r.getheaders() if k.lower() not in SKIP], key=lambda h: h[0].lower())
            hd = {k.lower(): v for k, v in r.getheaders()}
            if data:
                try:
                    js = json.loads(data)
                except Exception:
                    js = None
            if parse and js is not None:
                row['json'] = deep(self.norm, parse(js))
            elif js is not None and isinstance(js, (dict, list)) and len(data) < 200000:
                row['json'] = deep(self.norm, js)
                row['body_form'] = self.form(data)
            else:
                row['body'] = self.text(data)
            if data and hd.get('content-length') == str(len(data)) and len(data) < 200000:
                t = data.decode('utf-8', 'replace')
                if self.norm(t) != t:
                    row['headers'] = [[k, '<length of the body>' if k.lower() == 'content-length' else v] for k, v in row['headers']]
        except (socket.timeout, TimeoutError):
            row['error'] = 'timeout'
        except Exception as e:
            row['error'] = '%s: %s' % (type(e).__name__, self.norm(str(e)).strip())
            if isinstance(e, http.client.HTTPException) and method == 'GET' and body is None and chunked is None:
                # http.client could not read it: the answer as it came
                n = len(self.rows)
                row['answer'] = self.raw('', ('GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' % (path, self.u.netloc)).encode('latin-1'), timeout=4).get('answer')
                del self.rows[n:]
        if record:
            self.rows.append(row)
        return Res(status, hd, data, js, row)

    def form(self, data):
        """Whether JSON came indented, with spaces, or compact; kept since a client can see it."""
        t = data.decode('utf-8', 'replace')
        return 'indented' if '\n' in t else 'spaced' if '": ' in t else 'compact'

    def text(self, b):
        if len(b) > 6000:
            return {'length': len(b), 'sha256': hashlib.sha256(b).hexdigest()}
        try:
            return self.norm(b.decode('utf-8'))
        except UnicodeDecodeError:
            return {'base64': base64.b64encode(b).decode()}

    def raw(self, name, payload, timeout=10, show_headers=True):
        """Bytes written to a socket as they are (for what http.client refuses to send)."""
        row = {'name': self.norm(name), 'raw': self.norm(payload.decode('latin-1')) if len(payload) < 2000 else {'length': len(payload)}}
        try:
            s = socket.create_connection((self.u.hostname, self.u.port), timeout=timeout)
            s.settimeout(timeout)
            s.sendall(payload)
            got = b''
            try:
                while True:
                    d = s.recv(65536)
                    if not d:
                        row['closed'] = True
                        break
                    got += d
                    if len(got) > 1 << 20:
                        break
            except (socket.timeout, TimeoutError):
                row['closed'] = False
            s.close()
            t = re.sub(r'(?mi)^date: .*\r\n', '', got.decode('latin-1'))
            head, sep, rest = self.norm(t).partition('\r\n\r\n')
            head = head.split('\r\n')
            row['answer'] = head[:1] + sorted(head[1:], key=str.lower) + ([''] + rest.split('\r\n') if sep else []) if len(t) < 6000 else {'length': len(t)}
        except Exception as e:
            row['error'] = '%s: %s' % (type(e).__name__, self.norm(str(e)))
        self.rows.append(row)
        return row

    def note(self, name, value):
        self.rows.append({'name': self.norm(name), 'value': deep(self.norm, value)})

    def wait_ready(self, path='/', timeout=120, want=None, gone=None):
        """gone: give up after so many seconds of refused connections."""
        t = up = time.time()
        while time.time() - t < timeout:
            try:
                r, d = self.send('GET', path, timeout=5)
                if (want or (lambda s: s not in (503, 502)))(r.status):
                    return True
                up = time.time()
            except ConnectionRefusedError:
                if gone and time.time() - up > gone:
                    break
            except Exception:
                up = time.time()
            time.sleep(.5)
        print('not ready: %s%s' % (self.base, path), file=sys.stderr)
        return False

    def save(self):
        with open(self.out, 'w') as f:
            json.dump(self.rows, f, indent=1, ensure_ascii=False, sort_keys=False)
            f.write('\n')
        st = {}
        for r in self.rows:
            k = str(r.get('status', r.get('error', 'note')))
            st[k] = st.get(k, 0) + 1
        print('%d records in %.0f s -> %s' % (len(self.rows), time.time() - self.t0, self.out))
        print('  ' + ', '.join('%s: %d' % kv for kv in sorted(st.items())))


class Res:
    def __init__(self, status, headers, data, js, row):
        self.status, self.headers, self.data, self.json, self.row = status, headers, data, js, row


# -- a few lines of Azure Storage's SharedKey, for queues and blobs on an emulator --------
DEV = ('DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;'
       'BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;')


class Storage:
    def __init__(self, cs):
        if not cs or cs.strip().rstrip(';').lower() == 'usedevelopmentstorage=true':
            cs = DEV
        self.p = dict(x.split('=', 1) for x in cs.strip(';').split(';'))

    def call(self, kind, method, path, query=None, body=b'', headers=None, timeout=10):
        ep = urllib.parse.urlsplit(self.p[kind + 'Endpoint'])
        acct = self.p['AccountName']
        query = query or {}
        full = ep.path.rstrip('/') + '/' + path
        h = {'x-ms-date': email.utils.formatdate(usegmt=True), 'x-ms-version': '2020-10-02'}
        h.update(headers or {})
        ch = ''.join('%s:%s\n' % (k, h[k]) for k in sorted(h) if k.startswith('x-ms-'))
        cr = '/' + acct + full + ''.join('\n%s:%s' % (k.lower(), query[k]) for k in sorted(query))
        n = str(len(body)) if body else ''
        sts = '\n'.join([method, '', '', n, '', h.get('Content-Type', ''), '', '', '', '', '', '']) + '\n' + ch + cr
        sig = base64.b64encode(hmac.new(base64.b64decode(self.p['AccountKey']), sts.encode(), hashlib.sha256).digest()).decode()
        h['Authorization'] = 'SharedKey %s:%s' % (acct, sig)
        over = http.client.HTTPSConnection if ep.scheme == 'https' else http.client.HTTPConnection
        c = over(ep.hostname, ep.port, timeout=timeout)
        c.putrequest(method, full + ('?' + urllib.parse.urlencode(query) if query else ''), skip_accept_encoding=True)
        for k, v in h.items():
            c.putheader(k, v)
        c.putheader('Content-Length', str(len(body)))
        c.endheaders()
        if body:
            c.send(body)
        r = c.getresponse()
        d = r.read()
        c.close()
        return r.status, dict(r.getheaders()), d

    def make_queue(self, q):
        return self.call('Queue', 'PUT', q)[0]

    def put(self, q, text, raw=False):
        if isinstance(text, str):
            text = text.encode()
        t = text.decode() if raw else base64.b64encode(text).decode()
        t = t.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')
        return self.call('Queue', 'POST', q + '/messages', body=('<QueueMessage><MessageText>%s</MessageText></QueueMessage>' % t).encode(),
                         headers={'Content-Type': 'application/xml'})[0]

    def peek(self, q, n=32):
        s, h, d = self.call('Queue', 'GET', q + '/messages', {'peekonly': 'true', 'numofmessages': str(n)})
        if s != 200:
            return s
        import xml.etree.ElementTree as E
        return [{'text': m.findtext('MessageText'), 'dequeue': m.findtext('DequeueCount')} for m in E.fromstring(d.decode('utf-8-sig'))]

    def clear(self, q):
        return self.call('Queue', 'DELETE', q + '/messages')[0]

    def blob(self, path):
        return self.call('Blob', 'GET', path)
