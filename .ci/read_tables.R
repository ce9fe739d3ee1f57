# Reads every table of the folders given with R, by the lines of docs/outputs.md, and compares what it sees with the text.

folders <- commandArgs(trailingOnly = TRUE)
docs <- readLines("docs/outputs.md")
from <- which(docs == "```r" & c(docs[-1], "") == "library(jsonlite)")
stopifnot(length(from) == 1)
block <- docs[(from + 1):(from + which(docs[-seq_len(from)] == "```")[1] - 1)]

count <- 0
for (at in folders[file.exists(file.path(folders, "datapackage.json"))]) {
  eval(parse(text = gsub("output/showdown-1995", at, block, fixed = TRUE)))
  for (name in names(resources)) {
    path <- file.path(folder, resources[[name]]$path)
    rows <- table_of(name)
    cells <- read.csv(path, colClasses = "character", na.strings = character(), check.names = FALSE)
    stopifnot(nrow(rows) > 0, dim(rows) == dim(cells))
    for (field in resources[[name]]$schema$fields) {
      value <- rows[[field$name]]
      cell <- cells[[field$name]]
      wanted <- switch(field$type, string = "character", boolean = "logical", date = "Date", "numeric")
      kept <- switch(field$type,
        string = value == cell,
        boolean = value == (cell == "true"),
        date = format(value) == cell,
        # R reads decimals to the last bit or two.
        abs(value - as.numeric(cell)) <= 1e-14 * abs(value)
      )
      if (class(value) != wanted || !identical(is.na(value), cell == "") || !all(kept, na.rm = TRUE)) {
        stop(path, ", ", field$name, ": ", class(value), " is not ", field$type)
      }
    }
    count <- count + 1
  }
}
stopifnot(count > 0)
cat(count, "tables read with R\n")
