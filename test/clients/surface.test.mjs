// jsforce beyond records and streams: what its other calls get, of what this org
// has and of what it has not.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import jsforce from 'jsforce'
import { StreamingExtension } from 'jsforce/lib/api/streaming.js'
import { createPublicKey, verify } from 'node:crypto'
import { agree, org, setup, until, version } from './support.mjs'

let conn

before(async () => {
  conn = new jsforce.Connection({
    version,
    loginUrl: org.url,
    oauth2: { loginUrl: org.url, clientId: org.clientId, clientSecret: org.clientSecret },
  })
  await conn.authorize({ grant_type: 'client_credentials' })
})

test('a describe is asked for once and then remembered', async () => {
  let calls = 0
  const { request } = conn
  conn.request = (...args) => {
    calls++
    return request.apply(conn, args)
  }
  try {
    assert.equal((await conn.describeGlobal$()).sobjects.length, (await conn.describeGlobal$()).sobjects.length)
    assert.ok((await conn.describe$('Account')).fields.length > 40)
    await conn.describe$('Account')
  } finally {
    conn.request = request
  }
  assert.ok(calls <= 2, `${calls} calls`)
})

test('a copy of a describe, and of an account, is confirmed without a body', async () => {
  const headers = { Authorization: `Bearer ${conn.accessToken}` }
  const base = `${org.url}/services/data/v${version}/sobjects`
  const first = await fetch(base, { headers })
  const again = await fetch(base, { headers: { ...headers, 'If-Modified-Since': first.headers.get('last-modified') } })
  assert.equal(again.status, 304)
  const { id } = await conn.sobject('Account').create({ Name: 'Tagged' })
  const tag = (await fetch(`${base}/Account/${id}`, { headers })).headers.get('etag')
  assert.equal((await fetch(`${base}/Account/${id}`, { headers: { ...headers, 'If-None-Match': tag } })).status, 304)
})

test('list views are listed, described and read', async () => {
  const accounts = conn.sobject('Account')
  await accounts.create({ Name: 'AAAA first' })
  const { listviews } = await accounts.listviews()
  assert.deepEqual(listviews.map((l) => l.developerName), ['AllAccounts', 'MyAccounts'])
  const view = accounts.listview(listviews[0].id)
  const described = await view.describe()
  assert.equal(described.sobjectType, 'Account')
  assert.ok((await conn.query(described.query)).totalSize > 0)
  const results = await view.results()
  assert.equal(results.records[0].columns[0].value, 'AAAA first')
  assert.equal((await view.explain()).plans[0].sobjectType, 'Account')
})

test('a query is explained', async () => {
  const { plans } = await conn.sobject('Contact').find({ LastName: 'Nobody' }).explain()
  assert.deepEqual([plans[0].sobjectType, plans[0].cardinality], ['Contact', 0])
})

test('one record is worked with by itself', async () => {
  const { id } = await conn.sobject('Account').create({ Name: 'Alone' })
  const record = conn.sobject('Account').record(id)
  await record.update({ Phone: '1' })
  assert.equal((await record.retrieve()).Phone, '1')
  await record.destroy()
  await assert.rejects(record.retrieve(), { errorCode: 'ENTITY_IS_DELETED' })
})

test('what there is none of is an empty list', async () => {
  assert.deepEqual(await conn.quickActions(), [])
  assert.deepEqual(await conn.sobject('Account').quickActions(), [])
  assert.deepEqual(await conn.tabs(), [])
  assert.deepEqual(await conn.theme(), { themeItems: [] })
  assert.deepEqual(await conn.sobject('Account').approvalLayouts(), { approvalLayouts: [] })
})

test('the Tooling API tells its objects, and that there is no Apex', async () => {
  const { sobjects } = await conn.tooling.describeGlobal()
  assert.ok(sobjects.some((o) => o.name === 'CustomField'))
  assert.ok((await conn.tooling.sobject('CustomField').describe()).fields.length > 0)
  const run = await conn.tooling.executeAnonymous("System.debug('x');")
  assert.deepEqual([run.compiled, run.success], [false, false])
})

for (const [name, call, expected] of [
  ['Apex REST', () => conn.apex.get('/Anything'), { errorCode: 'NOT_FOUND' }],
  ['analytics', () => conn.analytics.reports(), { errorCode: 'NOT_FOUND' }],
  ['Chatter', () => conn.chatter.resource('/users/me').retrieve(), { errorCode: 'NOT_FOUND' }],
  ['the Metadata API', () => conn.metadata.describe(), /login and logout only/],
  ['the Bulk API before 2.0', () => conn.bulk.createJob('Account', 'insert').open(), { name: 'FeatureNotEnabled' }],
]) {
  test(`${name} is refused in words`, async () => {
    await assert.rejects(async () => call(), expected)
  })
}

test('openid names who has logged in', async () => {
  const web = new jsforce.Connection({
    version,
    loginUrl: org.url,
    oauth2: {
      loginUrl: org.url, clientId: org.clientId, clientSecret: org.clientSecret, redirectUri: 'http://127.0.0.1:9999/callback',
    },
  })
  const code = await agree(web.oauth2.getAuthorizationUrl({ scope: 'openid profile email api', nonce: 'n-1' }))
  const answer = await web.oauth2.requestToken(code)
  const [head, body, signature] = answer.id_token.split('.')
  const read = (part) => JSON.parse(Buffer.from(part, 'base64url'))
  const told = await (await fetch(`${org.url}/.well-known/openid-configuration`)).json()
  const { keys } = await (await fetch(told.jwks_uri)).json()
  const key = createPublicKey({ key: keys.find((k) => k.kid === read(head).kid), format: 'jwk' })
  assert.ok(verify('RSA-SHA256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')))
  const said = read(body)
  assert.deepEqual([said.iss, said.aud, said.nonce, said.preferred_username], [told.issuer, org.clientId, 'n-1', org.username])
  const session = new jsforce.Connection({ version, instanceUrl: answer.instance_url, accessToken: answer.access_token })
  const info = await session.request('/services/oauth2/userinfo')
  assert.deepEqual([info.sub, info.user_id], [said.sub, said.sub.split('/').pop()])
})

test('a platform event is published and heard, with replay', async () => {
  await setup('fields', { op: 'object', object: 'Signal__e', fields: [{ name: 'Text__c', type: 'string', length: 40 }] })
  const made = await conn.sobject('Signal__e').create([{ Text__c: 'One' }, { Text__c: 'Two' }])
  assert.deepEqual(made.map((m) => [m.success, m.errors[0].statusCode]), Array(2).fill([true, 'OPERATION_ENQUEUED']))
  const heard = []
  const client = conn.streaming.createClient([new StreamingExtension.Replay('/event/Signal__e', -2)])
  await client.subscribe('/event/Signal__e', (m) => heard.push(m))
  await until('both', () => heard.length === 2)
  await client.disconnect()
  assert.deepEqual(heard.map((m) => m.payload.Text__c), ['One', 'Two'])
  assert.equal(heard[0].event.EventUuid, made[0].errors[0].message)
  assert.equal((await conn.sobject('Signal__e').describe()).queryable, false)
})
