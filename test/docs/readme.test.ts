import { testPage } from './page.ts';

testPage('README.md', { slow: false });
