// What TrustNXT's c2pa-ts says of each file named on the command line, one JSON object a line.
//
// Usage: node judge.mjs PREFIX FILE...       PREFIX is where npm installed the package
//
// It has no code in common with the library that signs: another language, other JUMBF, CBOR, COSE
// and BMFF readers.  Of BMFF it opens still pictures only, though it hashes all alike: the brands
// of videos are added here.

import * as fs from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

const [prefix, ...files] = process.argv.slice(2);
const part = name => import(pathToFileURL(`${prefix}/node_modules/@trustnxt/c2pa-ts/dist/${name}/index.js`));
const { BMFF, JPEG, PNG } = await part('asset');
const { SuperBox } = await part('jumbf');
const { ManifestStore, ValidationResult } = await part('manifest');

for (const brand of ['isom', 'iso5', 'mp42', 'qt  ', 'M4A ', 'avif']) BMFF.canReadBrands.add(brand);

async function judged(file) {
    const bytes = await fs.readFile(file);
    const Kind = [JPEG, PNG, BMFF].find(each => each.canRead(bytes));
    if (!Kind) return { valid: false, failed: ['not a file of a known kind'] };
    const asset = new Kind(bytes);
    const jumbf = await asset.getManifestJUMBF();
    if (!jumbf) return { valid: false, failed: ['no manifest'] };
    const result = await ManifestStore.read(SuperBox.fromBuffer(jumbf)).validate(asset);
    const failed = result.statusEntries.filter(each => !each.success).map(each => each.code);
    return { valid: result.isValid, failed };
}

for (const file of files) {
    let answer;
    try {
        answer = await judged(file);
    } catch (error) {
        const [failed] = ValidationResult.fromError(error).statusEntries;
        answer = { valid: false, failed: [failed.code ?? String(error)] };
    }
    console.log(JSON.stringify(answer));
}
