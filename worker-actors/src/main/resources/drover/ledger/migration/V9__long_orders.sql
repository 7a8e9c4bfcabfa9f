-- An order may bring its source images along in Base64, which is more than H2 lets a VARCHAR be.

ALTER TABLE orders ALTER COLUMN body SET DATA TYPE TEXT;
