import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import jsforce from 'jsforce'
import { StreamingExtension } from 'jsforce/lib/api/streaming.js'
import { createSign } from 'node:crypto'
import { agree, appKey, change, contact, customChannel, named, org, setup, until, version } from './support.mjs'

let conn

const fresh = () =>
  new jsforce.Connection({
    version,
    loginUrl: org.url,
    oauth2: { loginUrl: org.url, clientId: org.clientId, clientSecret: org.clientSecret },
  })

before(async () => {
  conn = fresh()
  await conn.authorize({ grant_type: 'client_credentials' })
})

after(() => conn.logout())

test('client credentials give a user and an instance', async () => {
  assert.equal(conn.instanceUrl, org.url)
  const who = await conn.identity()
  assert.equal(who.username, org.username)
  assert.equal(who.organization_id, conn.userInfo.organizationId)
})

test('username and password log in over OAuth', async () => {
  const other = fresh()
  const user = await other.login(org.username, org.password)
  assert.match(user.id, /^005/)
  await assert.rejects(fresh().login(org.username, 'wrong'), { name: 'invalid_grant' })
})

test('username and password log in over SOAP, without an app', async () => {
  const other = new jsforce.Connection({ version, loginUrl: org.url })
  await assert.rejects(other.login(org.username, 'wrong'), /INVALID_LOGIN/)
  const user = await other.login(org.username, org.password)
  assert.deepEqual([user.organizationId, other.instanceUrl], [conn.userInfo.organizationId, org.url])
  assert.equal((await other.identity()).username, org.username)
  await other.logout()
})

test('the web server flow with PKCE gives a session that refreshes', async () => {
  const web = new jsforce.Connection({
    version,
    loginUrl: org.url,
    oauth2: {
      loginUrl: org.url, clientId: org.clientId, clientSecret: org.clientSecret,
      redirectUri: 'http://127.0.0.1:9999/callback', useVerifier: true,
    },
  })
  // Its own verifier has 172 characters; the documented limit is 128.
  web.oauth2.codeVerifier = web.oauth2.codeVerifier.slice(0, 128)
  await web.authorize(await agree(web.oauth2.getAuthorizationUrl({ scope: 'api refresh_token' })))
  const ended = web.accessToken
  await web.oauth2.revokeToken(ended)
  assert.equal((await web.query('SELECT Id FROM Account LIMIT 1')).totalSize, 1)
  assert.notEqual(web.accessToken, ended)
})

test('a session that ended is renewed by the refresh function', async () => {
  const good = conn.accessToken
  const other = fresh()
  await other.login(org.username, org.password)
  const ended = other.accessToken
  await other.oauth2.revokeToken(ended)
  await assert.rejects(new jsforce.Connection({ version, instanceUrl: org.url, accessToken: ended }).query('SELECT Id FROM Account LIMIT 1'), { name: 'INVALID_SESSION_ID' })
  let renewed = 0
  const renewing = new jsforce.Connection({
    version,
    instanceUrl: org.url,
    accessToken: ended,
    refreshFn: (_, done) => { renewed++; done(null, good) },
  })
  assert.equal((await renewing.query('SELECT Id FROM Account LIMIT 1')).totalSize, 1)
  assert.equal((await renewing.query('SELECT Id FROM Account LIMIT 1')).totalSize, 1)
  assert.deepEqual([renewed, renewing.accessToken], [1, good])
})

test('versions, limits and resources are listed', async () => {
  const versions = await conn.request('/services/data')
  assert.ok(versions.some((v) => v.version === version))
  const limits = await conn.limits()
  assert.ok(limits.DailyApiRequests.Max > 0)
  assert.ok(conn.limitInfo.apiUsage.used > 0)
})

test('objects and fields are described', async () => {
  const all = await conn.describeGlobal()
  assert.ok(all.sobjects.some((o) => o.name === 'Contact' && o.keyPrefix === '003'))
  const one = await conn.sobject('Contact').describe()
  const key = one.fields.find((f) => f.name === 'Tidegate_Id__c')
  assert.equal(key.externalId, true)
  assert.equal((await conn.sobject('Contact').describe$()).name, 'Contact')
})

test('a record is created, read, updated and deleted', async () => {
  const contacts = conn.sobject('Contact')
  const made = await contacts.create({ LastName: 'Öst & Søn "quoted"', Email: 'ost@example.com' })
  assert.equal(made.success, true)
  const read = await contacts.retrieve(made.id)
  assert.equal(read.LastName, 'Öst & Søn "quoted"')
  assert.equal(read.attributes.type, 'Contact')
  assert.equal((await contacts.update({ Id: made.id, Title: 'Head of Tides' })).success, true)
  assert.equal((await contacts.findOne({ Id: made.id }, 'Title')).Title, 'Head of Tides')
  assert.equal((await contacts.destroy(made.id)).success, true)
  await assert.rejects(contacts.retrieve(made.id), { errorCode: 'ENTITY_IS_DELETED' })
  const gone = await conn.query(`SELECT Id, IsDeleted FROM Contact WHERE Id = '${made.id}'`, { scanAll: true })
  assert.equal(gone.records[0].IsDeleted, true)
})

test('a refusal carries its code', async () => {
  await assert.rejects(conn.sobject('Contact').create({ FirstName: 'Nobody' }), {
    errorCode: 'REQUIRED_FIELD_MISSING',
  })
  await assert.rejects(conn.query('SELECT Nonsense FROM Contact'), { errorCode: 'INVALID_FIELD' })
})

test('upsert by an external id creates, then updates', async () => {
  const contacts = conn.sobject('Contact')
  const first = await contacts.upsert({ Tidegate_Id__c: 'js-1 ü', LastName: 'Upsert' }, 'Tidegate_Id__c')
  assert.equal(first.created, true)
  const again = await contacts.upsert({ Tidegate_Id__c: 'js-1 ü', LastName: 'Upserted' }, 'Tidegate_Id__c')
  assert.equal(again.success, true)
  assert.equal((await contacts.findOne({ Tidegate_Id__c: 'js-1 ü' })).LastName, 'Upserted')
})

test('a query is read beyond its first page', async () => {
  const first = await conn.query('SELECT Id, Account.Name FROM Contact')
  assert.equal(first.records.length, 2000)
  assert.equal(first.done, false)
  const next = await conn.queryMore(first.nextRecordsUrl)
  assert.ok(next.records.length > 0)
  const ids = new Set()
  await new Promise((resolve, reject) => {
    conn
      .query('SELECT Id FROM Contact')
      .on('record', (r) => ids.add(r.Id))
      .on('end', resolve)
      .on('error', reject)
      .run({ autoFetch: true, maxFetch: 10_000 })
  })
  assert.equal(ids.size, first.totalSize)
  const count = await conn.query('SELECT COUNT(Id) n FROM Contact')
  assert.equal(count.records[0].n, first.totalSize)
})

test('what a user may see is told for up to 200 records', async () => {
  const [account] = (await conn.query('SELECT Id FROM Account LIMIT 1')).records
  const [user] = (await conn.query("SELECT Id FROM User WHERE Username = '" + org.username + "'")).records
  const { records } = await conn.query(
    `SELECT RecordId, HasReadAccess, MaxAccessLevel FROM UserRecordAccess WHERE UserId = '${user.Id}' AND RecordId IN ('${account.Id}')`,
  )
  assert.deepEqual(records.map((r) => [r.attributes.type, r.RecordId, r.HasReadAccess]), [['UserRecordAccess', account.Id, true]])
  const many = Array(201).fill(account.Id).map((id) => `'${id}'`).join()
  await assert.rejects(conn.query(`SELECT RecordId FROM UserRecordAccess WHERE UserId = '${user.Id}' AND RecordId IN (${many})`), { name: 'EXCEEDED_ID_LIMIT' })
})

test('the query builder finds by conditions and includes children', async () => {
  const since = jsforce.SfDate.toDateTimeLiteral(new Date(0))
  const found = await conn
    .sobject('Account')
    .find({ CreatedDate: { $gt: since }, Name: { $like: '%' } }, 'Id, Name')
    .include('Contacts')
    .select('Id, LastName')
    .end()
    .sort({ Name: 1 })
    .limit(5)
    .execute()
  assert.equal(found.length, 5)
  assert.ok(found.some((a) => a.Contacts))
})

test('collections take 200 at a time, and more in turns', async () => {
  const contacts = conn.sobject('Contact')
  const records = Array.from({ length: 250 }, (_, i) => ({ LastName: `Many ${i}`, Tidegate_Id__c: `many-${i}` }))
  const made = await contacts.create(records, { allowRecursive: true })
  assert.equal(made.filter((r) => r.success).length, 250)
  const some = await contacts.retrieve(made.slice(0, 3).map((r) => r.id))
  assert.deepEqual(some.map((r) => r.LastName), ['Many 0', 'Many 1', 'Many 2'])
  const updated = await contacts.update([
    { Id: made[0].id, LastName: 'Changed' },
    { Id: made[1].id, LastName: null },
  ])
  assert.deepEqual(updated.map((r) => r.success), [true, false])
  assert.equal(updated[1].errors[0].statusCode, 'REQUIRED_FIELD_MISSING')
  const both = await contacts.upsert(
    [{ Tidegate_Id__c: 'many-2', LastName: 'Found' }, { Tidegate_Id__c: 'many-new', LastName: 'New' }],
    'Tidegate_Id__c',
  )
  assert.deepEqual(both.map((r) => r.created), [false, true])
  const gone = await contacts.destroy(made.map((r) => r.id), { allowRecursive: true })
  assert.equal(gone.filter((r) => r.success).length, 250)
})

test('a composite call refers from one part to the next', async () => {
  const base = `/services/data/v${version}`
  const answer = await conn.requestPost(`${base}/composite`, {
    allOrNone: true,
    compositeRequest: [
      { method: 'POST', url: `${base}/sobjects/Account`, referenceId: 'firm', body: { Name: 'Composite' } },
      {
        method: 'POST', url: `${base}/sobjects/Contact`, referenceId: 'person',
        body: { LastName: 'Composite', AccountId: '@{firm.id}' },
      },
    ],
  })
  assert.deepEqual(answer.compositeResponse.map((r) => r.httpStatusCode), [201, 201])
})

test('batch and tree take several records in one call', async () => {
  const base = `/services/data/v${version}`
  const tree = await conn.requestPost(`${base}/composite/tree/Account`, {
    records: [
      {
        attributes: { type: 'Account', referenceId: 'firm' },
        Name: 'Tree',
        Contacts: { records: [{ attributes: { type: 'Contact', referenceId: 'person' }, LastName: 'Leaf' }] },
      },
    ],
  })
  assert.equal(tree.hasErrors, false)
  assert.equal(tree.results.length, 2)
  const batch = await conn.requestPost(`${base}/composite/batch`, {
    batchRequests: tree.results.map((r) => ({
      method: 'GET',
      url: `v${version}/sobjects/${r.referenceId === 'firm' ? 'Account' : 'Contact'}/${r.id}?fields=Name`,
    })),
  })
  assert.deepEqual(batch.results.map((r) => r.result.Name), ['Tree', 'Leaf'])
})

test('search finds what was written', async () => {
  await conn.sobject('Contact').create({ LastName: 'Findableworth' })
  const found = await conn.search('FIND {Findableworth} IN ALL FIELDS RETURNING Contact(Id, LastName)')
  assert.deepEqual(found.searchRecords.map((r) => r.LastName), ['Findableworth'])
})

test('updated and deleted records are listed by time', async () => {
  const from = new Date(Date.now() - 3_600_000)
  const to = new Date(Date.now() + 60_000)
  assert.ok((await conn.sobject('Contact').updated(from, to)).ids.length > 0)
  assert.ok((await conn.sobject('Contact').deleted(from, to)).deletedRecords.length > 0)
})

test('Bulk 2.0 takes rows in and says which failed', async () => {
  conn.bulk2.pollInterval = 20
  const done = await conn.bulk2.loadAndWaitForResults({
    object: 'Contact',
    operation: 'upsert',
    externalIdFieldName: 'Tidegate_Id__c',
    input: [
      { Tidegate_Id__c: 'bulk-1', LastName: 'Bulk, "one"\nand more' },
      { Tidegate_Id__c: 'bulk-2', LastName: '' },
      { Tidegate_Id__c: 'bulk-3', LastName: 'Bulk ü' },
    ],
  })
  assert.equal(done.successfulResults.length, 2)
  assert.equal(done.failedResults.length, 1)
  assert.match(done.failedResults[0].sf__Error, /^REQUIRED_FIELD_MISSING/)
  assert.deepEqual(done.unprocessedRecords, [])
})

test('Bulk 2.0 gives rows out', async () => {
  const stream = await conn.bulk2.query('SELECT Id, LastName FROM Contact', { pollInterval: 20 })
  const rows = await stream.toArray()
  const { totalSize } = await conn.query('SELECT COUNT() FROM Contact')
  assert.equal(rows.length, totalSize)
  const bulk = await conn.query("SELECT Id FROM Contact WHERE Tidegate_Id__c = 'bulk-1'")
  assert.equal(rows.find((r) => r.Id === bulk.records[0].Id).LastName, 'Bulk, "one"\nand more')
})

test('streaming begins again after a replay id', async () => {
  const channel = '/data/ContactChangeEvent'
  const listen = async (replay, events) => {
    const failed = new StreamingExtension.AuthFailure((m) => assert.fail(JSON.stringify(m)))
    const client = conn.streaming.createClient([failed, new StreamingExtension.Replay(channel, replay)])
    await client.subscribe(channel, (e) => events.push(e))
    return { client } // alone it would be taken for a promise
  }
  const live = []
  const first = await listen(-1, live)
  await contact(conn.accessToken, 'Stream 1')
  await contact(conn.accessToken, 'Stream 2')
  await until('two events', () => live.length === 2)
  await first.client.disconnect()
  await contact(conn.accessToken, 'Stream 3')
  const again = []
  const second = await listen(live[0].event.replayId, again)
  await until('the events after the first', () => again.length === 2)
  await second.client.disconnect()
  assert.deepEqual(named(live), ['Stream 1', 'Stream 2'])
  assert.deepEqual(named(again), ['Stream 2', 'Stream 3'])
  assert.deepEqual(again[0].payload.ChangeEventHeader.recordIds, live[1].payload.ChangeEventHeader.recordIds)
})

test('a PushTopic and a generic channel are made and heard', async () => {
  await conn.sobject('PushTopic').create({ Name: 'Pilots', Query: "SELECT Id, LastName FROM Contact WHERE Title = 'Pilot'", ApiVersion: 61 })
  await conn.sobject('StreamingChannel').create({ Name: '/u/Board' })
  const heard = []
  const client = conn.streaming.createClient([new StreamingExtension.Replay('/topic/Pilots', -1)])
  await client.subscribe('/topic/Pilots', (m) => heard.push(m))
  await conn.sobject('Contact').create([{ LastName: 'Unheard' }, { LastName: 'Heard', Title: 'Pilot' }])
  await until('the notification', () => heard.length === 1)
  await client.disconnect()
  assert.deepEqual([heard[0].event.type, heard[0].sobject.LastName], ['created', 'Heard'])
  const said = []
  const other = conn.streaming.createClient([new StreamingExtension.Replay('/u/Board', -2)])
  await other.subscribe('/u/Board', (m) => said.push(m.payload))
  const result = await conn.streaming.channel('/u/Board').push({ payload: 'Hello', userIds: [] })
  await until('what was said', () => said.length === 1)
  await other.disconnect()
  assert.deepEqual([said[0], result.fanoutCount], ['Hello', -1])
})

test('layouts are described, and a field is made by the Tooling API', async () => {
  const { layouts, recordTypeMappings } = await conn.sobject('Contact').layouts()
  assert.ok(layouts[0].detailLayoutSections.length && recordTypeMappings[0].master)
  assert.equal((await conn.sobject('Contact').compactLayouts()).compactLayouts[0].objectType, 'Contact')
  const made = await conn.tooling.sobject('CustomField').create({ FullName: 'Contact.Shoe__c', Metadata: { label: 'Shoe', type: 'Text', length: 20 } })
  assert.equal(made.success, true)
  const { id } = await conn.sobject('Contact').create({ LastName: 'Shod', Shoe__c: '42' })
  assert.equal((await conn.sobject('Contact').retrieve(id)).Shoe__c, '42')
})

test('a signed assertion gives a session', async () => {
  const key = await appKey()
  const part = (o) => Buffer.from(JSON.stringify(o)).toString('base64url')
  const claims = { iss: org.clientId, sub: org.username, aud: org.url, exp: Math.floor(Date.now() / 1000) + 180 }
  const text = `${part({ alg: 'RS256' })}.${part(claims)}`
  const assertion = `${text}.${createSign('RSA-SHA256').update(text).sign(key, 'base64url')}`
  const signed = fresh()
  const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
  await signed.authorize({ grant_type, assertion })
  assert.equal((await signed.identity()).username, org.username)
  await assert.rejects(fresh().authorize({ grant_type, assertion: assertion.slice(0, -8) }), { name: 'invalid_grant' })
})

test('what was looked at last is listed', async () => {
  const made = await conn.sobject('Account').create({ Name: 'Looked at' })
  assert.equal((await conn.recent(1))[0].Id, made.id)
  assert.equal((await conn.sobject('Account').recent())[0].Name, 'Looked at')
})

test('found records are updated and deleted as a set', async () => {
  const contacts = conn.sobject('Contact')
  const records = Array.from({ length: 5 }, (_, i) => ({ LastName: `Set ${i}`, Department: 'Set' }))
  await contacts.create(records)
  const written = await contacts.find({ Department: 'Set' }).update({ Title: 'Member of ${Department}' })
  assert.equal(written.filter((r) => r.success).length, 5)
  assert.equal(await contacts.count({ Title: 'Member of Set' }), 5)
  assert.equal((await contacts.find({ Department: 'Set' }).destroy()).length, 5)
  assert.equal(await contacts.count({ Department: 'Set' }), 0)
})

test('a graph of parts stands or falls as a whole', async () => {
  const base = `/services/data/v${version}`
  const graph = (graphId, person) => ({
    graphId,
    compositeRequest: [
      { method: 'POST', url: `${base}/sobjects/Account`, referenceId: 'firm', body: { Name: graphId } },
      { method: 'POST', url: `${base}/sobjects/Contact`, referenceId: 'person', body: { ...person, AccountId: '@{firm.id}' } },
    ],
  })
  const answer = await conn.requestPost(`${base}/composite/graph`, {
    graphs: [graph('Whole', { LastName: 'Node' }), graph('Broken', { FirstName: 'Nobody' })],
  })
  assert.deepEqual(answer.graphs.map((g) => g.isSuccessful), [true, false])
  assert.equal(await conn.sobject('Account').count({ Name: ['Whole', 'Broken'] }), 1)
})

test('parameterized search and the Tooling API answer', async () => {
  await conn.sobject('Contact').create({ LastName: 'Parameterton' })
  const found = await conn.requestGet(`/services/data/v${version}/parameterizedSearch?q=Parameterton&sobject=Contact&Contact.fields=Id,LastName`)
  assert.deepEqual(found.searchRecords.map((r) => r.LastName), ['Parameterton'])
  const rows = await conn.tooling.query("SELECT SelectedEntity FROM PlatformEventChannelMember WHERE EventChannel = 'ChangeEvents'")
  assert.ok(rows.records.some((r) => r.SelectedEntity === 'ContactChangeEvent'))
})

test('Bulk 2.0 inserts, updates, upserts and deletes', async () => {
  const run = (operation, input, more = {}) =>
    conn.bulk2.loadAndWaitForResults({ object: 'Contact', operation, input, pollInterval: 20, ...more })
  const made = await run('insert', Array.from({ length: 300 }, (_, i) => ({ LastName: `Row ${i}`, Title: 'Bulk', Department: 'Bulk' })))
  assert.equal(made.successfulResults.length, 300)
  const [first, second] = made.successfulResults
  const updated = await run('update', [
    { Id: first.sf__Id, Title: '#N/A', Department: '', Email: '' },
    { Id: second.sf__Id, Title: '', Department: '', Email: 'no address' },
  ])
  assert.deepEqual([updated.successfulResults.length, updated.failedResults.length], [1, 1])
  const row = await conn.sobject('Contact').retrieve(first.sf__Id)
  assert.deepEqual([row.Title, row.Department], [null, 'Bulk'])
  const both = await run('upsert', [{ Tidegate_Id__c: 'row-1', LastName: 'A' }, { Tidegate_Id__c: 'row-1', LastName: 'B' }], { externalIdFieldName: 'Tidegate_Id__c' })
  assert.equal(both.successfulResults.filter((r) => r.sf__Created === 'true').length, 1)
  const gone = await run('delete', made.successfulResults.map((r) => ({ Id: r.sf__Id })))
  assert.equal(gone.successfulResults.length, 300)
  const stream = await conn.bulk2.query("SELECT Id FROM Contact WHERE Title = 'Bulk'", { scanAll: true, pollInterval: 20 })
  assert.equal((await stream.toArray()).length, 299)
})

test('a Bulk 2.0 job is watched, aborted and deleted', async () => {
  const job = conn.bulk2.createJob({ object: 'Contact', operation: 'insert' })
  await job.open()
  await job.uploadData([{ LastName: 'Never' }])
  assert.equal((await job.check()).state, 'Open')
  await job.abort()
  assert.equal((await job.check()).state, 'Aborted')
  await job.delete()
  await assert.rejects(job.check())
})

for (const [name, make] of [
  ['of all objects', async () => '/data/ChangeEvents'],
  ['of its own making', () => customChannel('/data/Force__chn')],
]) {
  test(`streaming listens to a channel ${name}`, async () => {
    const channel = await make()
    const id = (await conn.sobject('Contact').create({ LastName: 'Channel', Email: 'channel@example.com', MailingCity: 'Bern' })).id
    const events = []
    const client = conn.streaming.createClient([new StreamingExtension.Replay(channel, -1)])
    await client.subscribe(channel, (e) => events.push(e))
    await change(conn.accessToken, id, { Title: 'Heard' })
    await until('the change', () => events.length === 1)
    await client.disconnect()
    const { payload } = events[0]
    assert.deepEqual(payload.ChangeEventHeader.recordIds, [id])
    assert.equal(payload.Title, 'Heard')
    assert.equal(payload.Email, channel.endsWith('__chn') ? 'channel@example.com' : undefined)
    assert.deepEqual(payload.MailingAddress, channel.endsWith('__chn') ? { City: 'Bern' } : undefined)
    const schema = await conn.requestGet(`/services/data/v${version}/event/eventSchema/${events[0].schema}?payloadFormat=COMPACT`)
    assert.equal(schema.name, 'ContactChangeEvent')
  })
}

test('a lock is reported as one, and once', async () => {
  const made = await conn.sobject('Contact').create({ LastName: 'Locked' })
  await setup('faults', { kind: 'lock_rows', object: 'Contact' })
  const change = { Id: made.id, Title: 'x' }
  await assert.rejects(conn.sobject('Contact').update(change), { errorCode: 'UNABLE_TO_LOCK_ROW' })
  assert.equal((await conn.sobject('Contact').update(change)).success, true)
})
