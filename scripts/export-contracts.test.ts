import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'

const folder = mkdtempSync(join(tmpdir(), 'contracts-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const python = '.formwright/venv/bin/python'
const whenSetUp = existsSync(python) ? test : test.skip

whenSetUp('the committed JSON Schema and pydantic models are what the zod contracts give', () => {
  execFileSync(process.execPath, ['--import', 'tsx', 'scripts/export-contracts.ts', '--out', folder, '--python', python], { stdio: 'pipe' })
  for (const file of ['schema/contracts.json', 'python/formwright_contracts/models.py']) {
    expect(readFileSync(join(folder, file), 'utf8')).toBe(readFileSync(join('contracts', file), 'utf8'))
  }
})
