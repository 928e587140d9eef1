using System.Runtime.CompilerServices;

namespace MicroGpt;

/// <summary>
/// The matrix product, where a larger model spends nearly all its time; docs/kernels.md explains it. The terms of an
/// element are added in order, each fused, whatever its tile: tiling changes no bit.
/// </summary>
static unsafe class FloatKernel
{
    const int TermsAtOnce = 256;

    /// <summary>
    /// c[row, column] = Σ a[row, term] · x[term, column], or added to what c holds, with the terms in order. Rows and
    /// terms of a are aRow and aTerm numbers apart, so a may be transposed. Columns are rounded up to whole vectors: up
    /// to T.Count - 1 numbers past the last column are read from each row of x and written to each row of c; they must
    /// belong to the caller (see <see cref="Shard.StrideOf"/>). c must not overlap a or x.
    /// </summary>
    /// <param name="c">[rows, columns], rows cRow numbers apart.</param>
    /// <param name="cRow">From a row of c to the next.</param>
    /// <param name="add">Whether the sums start from what c holds instead of 0.</param>
    /// <param name="a">[rows, terms].</param>
    /// <param name="aRow">From a row of a to the next.</param>
    /// <param name="aTerm">From a term of a to the next.</param>
    /// <param name="x">[terms, columns], rows xTerm numbers apart.</param>
    /// <param name="xTerm">From a term of x to the next.</param>
    /// <param name="rows">Rows of c.</param>
    /// <param name="columns">Columns of c; rounded up to a multiple of T.Count, which is written too.</param>
    /// <param name="terms">Products in each sum.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Product<T>(float* c, nint cRow, bool add, float* a, nint aRow, nint aTerm, float* x, nint xTerm,
        int rows, int columns, int terms)
        where T : unmanaged, IFloatLanes<T>
    {
        // A block of terms and two or three vectors of columns at a time, against all rows: this block of x, at most
        // 32 KB, is reused for every row and stays in the nearest cache.
        var first = 0;
        do
        {
            var some = Math.Min(TermsAtOnce, terms - first);
            for (var column = 0; column < columns;)
            {
                var vectors = Vectors<T>(columns - column);
                Strip<T>(vectors, c + column, cRow, add, a, aRow, aTerm, x + column, xTerm, rows, some);
                column += vectors * T.Count;
            }
            a += some * aTerm;
            x += some * xTerm;
            (first, add) = (first + some, true);
        }
        while (first < terms);
    }

    /// <summary>The same for any number of columns: nothing beyond them is read or written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ProductWithin<T>(float* c, nint cRow, bool add, float* a, nint aRow, nint aTerm, float* x,
        nint xTerm, int rows, int columns, int terms)
        where T : unmanaged, IFloatLanes<T>
    {
        var whole = columns / T.Count * T.Count;
        Product<T>(c, cRow, add, a, aRow, aTerm, x, xTerm, rows, whole, terms);
        if (whole < columns)
        {
            if (T.Count == 16)
            {
                ProductWithin<FloatLanes8>(
                    c + whole, cRow, add, a, aRow, aTerm, x + whole, xTerm, rows, columns - whole, terms);
            }
            else
            {
                Product<FloatLanes1>(
                    c + whole, cRow, add, a, aRow, aTerm, x + whole, xTerm, rows, columns - whole, terms);
            }
        }
    }

    /// <summary>
    /// from [rows, columns] -> to [columns, rows], in whole squares: rows and columns are rounded up to T.Count, and both
    /// buffers must have room for that.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose<T>(float* from, nint fromRow, float* to, nint toRow, int rows, int columns)
        where T : unmanaged, IFloatLanes<T>
    {
        for (var row = 0; row < rows; row += T.Count)
        {
            for (var column = 0; column < columns; column += T.Count)
            {
                T.Transpose(from + row * fromRow + column, fromRow, to + column * toRow + row, toRow);
            }
        }
    }

    // How many vectors of columns the next tiles take: two of sixteen lanes, for 19 of AVX-512's 32 registers; otherwise
    // three, for all 16 of AVX2, or two rather than leave a single one to the end.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Vectors<T>(int columns) where T : unmanaged, IFloatLanes<T>
    {
        var left = (columns + T.Count - 1) / T.Count;
        return Math.Min(left, T.Count == 16 || left == 4 ? 2 : 3);
    }

    // All rows of one to three vectors of columns.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Strip<T>(int vectors, float* c, nint cRow, bool add, float* a, nint aRow, nint aTerm,
        float* x, nint xTerm, int rows, int terms)
        where T : unmanaged, IFloatLanes<T>
    {
        var row = 0;
        var rowsAtOnce = T.Count == 16 ? 8 : 4;
        for (; vectors > 1 && row <= rows - rowsAtOnce; row += rowsAtOnce)
        {
            var cTile = c + row * cRow;
            var aTile = a + row * aRow;
            if (T.Count == 16)
            {
                Tile8x2<T>(cTile, cRow, add, aTile, aRow, aTerm, x, xTerm, terms);
            }
            else if (vectors == 3)
            {
                Tile4x3<T>(cTile, cRow, add, aTile, aRow, aTerm, x, xTerm, terms);
            }
            else
            {
                Tile4x2<T>(cTile, cRow, add, aTile, aRow, aTerm, x, xTerm, terms);
            }
        }
        for (var column = 0; row < rows && column < vectors * T.Count; column += T.Count)
        {
            Narrow<T>(
                c + row * cRow + column, cRow, add, a + row * aRow, aRow, aTerm, x + column, xTerm, rows - row, terms);
        }
    }

    // One vector of columns.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Narrow<T>(float* c, nint cRow, bool add, float* a, nint aRow, nint aTerm, float* x, nint xTerm,
        int rows, int terms)
        where T : unmanaged, IFloatLanes<T>
    {
        var row = 0;
        for (; row <= rows - 8; row += 8)
        {
            Tile8x1<T>(c + row * cRow, cRow, add, a + row * aRow, aRow, aTerm, x, xTerm, terms);
        }
        if (row <= rows - 4)
        {
            Tile4x1<T>(c + row * cRow, cRow, add, a + row * aRow, aRow, aTerm, x, xTerm, terms);
            row += 4;
        }
        for (; row < rows; row++)
        {
            var p = a + row * aRow;
            var sum = add ? T.Load(c + row * cRow) : default;
            for (var k = 0; k < terms; k++)
            {
                sum.AddProduct(T.All(p[k * aTerm]), T.Load(x + k * xTerm));
            }
            sum.Store(c + row * cRow);
        }
    }

    // Eight rows by two vectors of columns: sixteen independent sums; each number read is used two or eight times.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Tile8x2<T>(
        float* c, nint cRow, bool add, float* a, nint aRow, nint aTerm, float* x, nint xTerm, int terms)
        where T : unmanaged, IFloatLanes<T>
    {
        T s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
        T t0 = default, t1 = default, t2 = default, t3 = default, t4 = default, t5 = default, t6 = default, t7 = default;
        if (add)
        {
            var start = c;
            (s0, t0) = (T.Load(start), T.Load(start + T.Count));
            (s1, t1) = (T.Load(start + cRow), T.Load(start + cRow + T.Count));
            (s2, t2) = (T.Load(start + 2 * cRow), T.Load(start + 2 * cRow + T.Count));
            (s3, t3) = (T.Load(start + 3 * cRow), T.Load(start + 3 * cRow + T.Count));
            start += 4 * cRow;
            (s4, t4) = (T.Load(start), T.Load(start + T.Count));
            (s5, t5) = (T.Load(start + cRow), T.Load(start + cRow + T.Count));
            (s6, t6) = (T.Load(start + 2 * cRow), T.Load(start + 2 * cRow + T.Count));
            (s7, t7) = (T.Load(start + 3 * cRow), T.Load(start + 3 * cRow + T.Count));
        }
        var row3 = 3 * aRow;
        for (var end = x + terms * xTerm; x != end; a += aTerm, x += xTerm)
        {
            var (u, v) = (T.Load(x), T.Load(x + T.Count));
            var b = a + 4 * aRow;
            var w = T.All(a[0]);
            s0.AddProduct(w, u);
            t0.AddProduct(w, v);
            w = T.All(a[aRow]);
            s1.AddProduct(w, u);
            t1.AddProduct(w, v);
            w = T.All(a[2 * aRow]);
            s2.AddProduct(w, u);
            t2.AddProduct(w, v);
            w = T.All(a[row3]);
            s3.AddProduct(w, u);
            t3.AddProduct(w, v);
            w = T.All(b[0]);
            s4.AddProduct(w, u);
            t4.AddProduct(w, v);
            w = T.All(b[aRow]);
            s5.AddProduct(w, u);
            t5.AddProduct(w, v);
            w = T.All(b[2 * aRow]);
            s6.AddProduct(w, u);
            t6.AddProduct(w, v);
            w = T.All(b[row3]);
            s7.AddProduct(w, u);
            t7.AddProduct(w, v);
        }
        s0.Store(c);
        t0.Store(c + T.Count);
        s1.Store(c += cRow);
        t1.Store(c + T.Count);
        s2.Store(c += cRow);
        t2.Store(c + T.Count);
        s3.Store(c += cRow);
        t3.Store(c + T.Count);
        s4.Store(c += cRow);
        t4.Store(c + T.Count);
        s5.Store(c += cRow);
        t5.Store(c + T.Count);
        s6.Store(c += cRow);
        t6.Store(c + T.Count);
        s7.Store(c += cRow);
        t7.Store(c + T.Count);
    }

    // Four rows by three vectors of columns: twelve independent sums; each number read is used three or four times.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Tile4x3<T>(
        float* c, nint cRow, bool add, float* a, nint aRow, nint aTerm, float* x, nint xTerm, int terms)
        where T : unmanaged, IFloatLanes<T>
    {
        T s0 = default, s1 = default, s2 = default, s3 = default;
        T t0 = default, t1 = default, t2 = default, t3 = default;
        T u0 = default, u1 = default, u2 = default, u3 = default;
        if (add)
        {
            var start = c;
            (s0, t0, u0) = (T.Load(start), T.Load(start + T.Count), T.Load(start + 2 * T.Count));
            start += cRow;
            (s1, t1, u1) = (T.Load(start), T.Load(start + T.Count), T.Load(start + 2 * T.Count));
            start += cRow;
            (s2, t2, u2) = (T.Load(start), T.Load(start + T.Count), T.Load(start + 2 * T.Count));
            start += cRow;
            (s3, t3, u3) = (T.Load(start), T.Load(start + T.Count), T.Load(start + 2 * T.Count));
        }
        var row3 = 3 * aRow;
        for (var end = x + terms * xTerm; x != end; a += aTerm, x += xTerm)
        {
            var (x0, x1, x2) = (T.Load(x), T.Load(x + T.Count), T.Load(x + 2 * T.Count));
            var w = T.All(a[0]);
            s0.AddProduct(w, x0);
            t0.AddProduct(w, x1);
            u0.AddProduct(w, x2);
            w = T.All(a[aRow]);
            s1.AddProduct(w, x0);
            t1.AddProduct(w, x1);
            u1.AddProduct(w, x2);
            w = T.All(a[2 * aRow]);
            s2.AddProduct(w, x0);
            t2.AddProduct(w, x1);
            u2.AddProduct(w, x2);
            w = T.All(a[row3]);
            s3.AddProduct(w, x0);
            t3.AddProduct(w, x1);
            u3.AddProduct(w, x2);
        }
        s0.Store(c);
        t0.Store(c + T.Count);
        u0.Store(c + 2 * T.Count);
        s1.Store(c += cRow);
        t1.Store(c + T.Count);
        u1.Store(c + 2 * T.Count);
        s2.Store(c += cRow);
        t2.Store(c + T.Count);
        u2.Store(c + 2 * T.Count);
        s3.Store(c += cRow);
        t3.Store(c + T.Count);
        u3.Store(c + 2 * T.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Tile4x2<T>(
        float* c, nint cRow, bool add, float* a, nint aRow, nint aTerm, float* x, nint xTerm, int terms)
        where T : unmanaged, IFloatLanes<T>
    {
        T s0 = default, s1 = default, s2 = default, s3 = default;
        T t0 = default, t1 = default, t2 = default, t3 = default;
        if (add)
        {
            var start = c;
            (s0, t0) = (T.Load(start), T.Load(start + T.Count));
            (s1, t1) = (T.Load(start + cRow), T.Load(start + cRow + T.Count));
            (s2, t2) = (T.Load(start + 2 * cRow), T.Load(start + 2 * cRow + T.Count));
            (s3, t3) = (T.Load(start + 3 * cRow), T.Load(start + 3 * cRow + T.Count));
        }
        var row3 = 3 * aRow;
        for (var end = x + terms * xTerm; x != end; a += aTerm, x += xTerm)
        {
            var (u, v) = (T.Load(x), T.Load(x + T.Count));
            var w = T.All(a[0]);
            s0.AddProduct(w, u);
            t0.AddProduct(w, v);
            w = T.All(a[aRow]);
            s1.AddProduct(w, u);
            t1.AddProduct(w, v);
            w = T.All(a[2 * aRow]);
            s2.AddProduct(w, u);
            t2.AddProduct(w, v);
            w = T.All(a[row3]);
            s3.AddProduct(w, u);
            t3.AddProduct(w, v);
        }
        s0.Store(c);
        t0.Store(c + T.Count);
        s1.Store(c += cRow);
        t1.Store(c + T.Count);
        s2.Store(c += cRow);
        t2.Store(c + T.Count);
        s3.Store(c += cRow);
        t3.Store(c + T.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Tile8x1<T>(
        float* c, nint cRow, bool add, float* a, nint aRow, nint aTerm, float* x, nint xTerm, int terms)
        where T : unmanaged, IFloatLanes<T>
    {
        T s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
        if (add)
        {
            var start = c;
            (s0, s1, s2, s3) = (T.Load(start), T.Load(start + cRow), T.Load(start + 2 * cRow), T.Load(start + 3 * cRow));
            start += 4 * cRow;
            (s4, s5, s6, s7) = (T.Load(start), T.Load(start + cRow), T.Load(start + 2 * cRow), T.Load(start + 3 * cRow));
        }
        var row3 = 3 * aRow;
        for (var end = x + terms * xTerm; x != end; a += aTerm, x += xTerm)
        {
            var u = T.Load(x);
            var b = a + 4 * aRow;
            s0.AddProduct(T.All(a[0]), u);
            s1.AddProduct(T.All(a[aRow]), u);
            s2.AddProduct(T.All(a[2 * aRow]), u);
            s3.AddProduct(T.All(a[row3]), u);
            s4.AddProduct(T.All(b[0]), u);
            s5.AddProduct(T.All(b[aRow]), u);
            s6.AddProduct(T.All(b[2 * aRow]), u);
            s7.AddProduct(T.All(b[row3]), u);
        }
        s0.Store(c);
        s1.Store(c += cRow);
        s2.Store(c += cRow);
        s3.Store(c += cRow);
        s4.Store(c += cRow);
        s5.Store(c += cRow);
        s6.Store(c += cRow);
        s7.Store(c += cRow);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Tile4x1<T>(
        float* c, nint cRow, bool add, float* a, nint aRow, nint aTerm, float* x, nint xTerm, int terms)
        where T : unmanaged, IFloatLanes<T>
    {
        T s0 = default, s1 = default, s2 = default, s3 = default;
        if (add)
        {
            var start = c;
            (s0, s1, s2, s3) = (T.Load(start), T.Load(start + cRow), T.Load(start + 2 * cRow), T.Load(start + 3 * cRow));
        }
        var row3 = 3 * aRow;
        for (var end = x + terms * xTerm; x != end; a += aTerm, x += xTerm)
        {
            var u = T.Load(x);
            s0.AddProduct(T.All(a[0]), u);
            s1.AddProduct(T.All(a[aRow]), u);
            s2.AddProduct(T.All(a[2 * aRow]), u);
            s3.AddProduct(T.All(a[row3]), u);
        }
        s0.Store(c);
        s1.Store(c += cRow);
        s2.Store(c += cRow);
        s3.Store(c += cRow);
    }
}
