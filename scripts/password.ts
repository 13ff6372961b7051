import { join } from 'node:path'
import { Command } from 'commander'
import { Accounts, FIRST_ACCOUNT } from '../app/account/accounts.js'
import { readConfig } from '../app/config.js'
import { openDatabase } from '../app/storage/database.js'

const command = new Command('password')
  .description('Give an account of the app a new password and end its sessions')
  .argument('[account]', 'whose', FIRST_ACCOUNT)
  .parse()
try {
  const db = openDatabase(join(readConfig(process.env).stateDir, 'app', 'app.db'))
  const accounts = new Accounts(db)
  const [name] = command.processedArgs as [string]
  const first = await accounts.makeFirst()
  const password = name === FIRST_ACCOUNT && first ? first : await accounts.renewPassword(name)
  process.stdout.write(`${name}: ${password}\nIt is shown this once.\n`)
  db.close()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
