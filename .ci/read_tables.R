# Reads every table of the folders given with R, by the lines of docs/outputs.md and docs/r-and-stata.md, and compares what it sees with the text.

folders <- commandArgs(trailingOnly = TRUE)
# The block of a page that begins with a line.
block_of <- function(page, first) {
  docs <- readLines(page)
  from <- which(docs == "```r" & c(docs[-1], "") == first)
  stopifnot(length(from) == 1)
  docs[(from + 1):(from + which(docs[-seq_len(from)] == "```")[1] - 1)]
}
at_folder <- function(block, at) eval(parse(text = gsub("output/showdown-1995", at, block, fixed = TRUE)), envir = globalenv())
base <- block_of("docs/outputs.md", "library(jsonlite)")
has_readr <- requireNamespace("readr", quietly = TRUE)
has_haven <- has_readr && requireNamespace("haven", quietly = TRUE)
readr <- block_of("docs/r-and-stata.md", "library(readr)")
haven <- block_of("docs/r-and-stata.md", "for_stata <- function(name, file) {")

# R's own reader is right to the last bit or two; readr loses digits of small numbers.
same <- function(rows, cells, fields, path, within) {
  stopifnot(nrow(rows) > 0, dim(rows) == dim(cells))
  for (field in fields) {
    value <- rows[[field$name]]
    cell <- cells[[field$name]]
    wanted <- switch(field$type, string = "character", boolean = "logical", date = "Date", "numeric")
    kept <- switch(field$type,
      string = value == cell,
      boolean = value == (cell == "true"),
      date = format(value) == cell,
      abs(value - as.numeric(cell)) <= within * abs(value)
    )
    if (class(value) != wanted || !identical(is.na(value), cell == "") || !all(kept, na.rm = TRUE)) {
      stop(path, ", ", field$name, ": ", class(value), " is not ", field$type)
    }
  }
}

count <- 0
for (at in folders[file.exists(file.path(folders, "datapackage.json"))]) {
  at_folder(base, at)
  if (has_readr) at_folder(readr, at)
  if (has_haven) at_folder(haven, at)
  for (name in names(resources)) {
    path <- file.path(folder, resources[[name]]$path)
    fields <- resources[[name]]$schema$fields
    cells <- read.csv(path, colClasses = "character", na.strings = character(), check.names = FALSE)
    same(table_of(name), cells, fields, path, 1e-14)
    if (has_readr) same(read_of(name), cells, fields, path, 1e-11)
    # Names that are columns of a scenario's own may be longer than Stata takes.
    if (has_haven && all(nchar(sub("_std_error$", "_se", names(cells))) <= 32)) {
      file <- tempfile(fileext = ".dta")
      for_stata(name, file)
      again <- haven::read_dta(file)
      rows <- read_of(name)
      stopifnot(dim(again) == dim(rows))
      for (column in seq_along(rows)) {
        value <- rows[[column]]
        # Stata has no missing text and no truth values; its dates come back as days since 1970.
        plain <- if (is.character(value)) function(x) ifelse(is.na(x), "", as.vector(x)) else as.numeric
        stopifnot(identical(plain(again[[column]]), plain(value)))
      }
    }
    count <- count + 1
  }
}
stopifnot(count > 0)
cat(count, "tables read with R,", if (has_readr) "readr," else "not readr,", if (has_haven) "and by way of Stata's format\n" else "not Stata's format\n")
